import { beforeEach, describe, expect, test } from "bun:test"
import { embeddedBus } from "#kernel/bus/embedded.ts"
import { version } from "#kernel/config/version.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { assemble, type Running } from "./running.ts"
import type { Parts } from "./service.ts"

const order: string[] = []
const facts: Record<string, unknown>[] = []
const log: Log = { ...silentLog, warn: (fact) => void facts.push(fact) }
beforeEach(() => {
  order.splice(0)
  facts.splice(0)
})

const noted = (name: string, end: () => Promise<void> = async () => undefined) => ({
  name,
  start: () => void order.push(`${name} starts`),
  stop: async () => {
    order.push(`${name} stops`)
    await end()
  },
})

const given = (parts: Parts): Running =>
  assemble({
    ...{ name: "test", parts, bus: embeddedBus({ log }), database: undefined, log },
    doors: {
      service: "test",
      log,
      metrics: createMetrics(),
      authenticate: () => Promise.reject(new Error("nobody")),
    },
  })

const fails = () => Promise.reject(new Error("can't"))

describe("stopping a service", () => {
  test("drains while its loops still run, and then stops them all", async () => {
    const drain = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      order.push("drained")
    }
    const running = given({ drain, loops: [noted("one"), noted("two")] })
    running.start()
    await running.stop()
    expect(order).toEqual(["one starts", "two starts", "drained", "one stops", "two stops"])
  })

  test("twice does it once", async () => {
    const running = given({ loops: [noted("one")] })
    await Promise.all([running.stop(), running.stop()])
    expect(order).toEqual(["one stops"])
  })

  test("stops every loop, whatever fails on the way, and tells what did", async () => {
    const running = given({ drain: fails, loops: [noted("one", fails), noted("two")] })
    await running.stop()
    expect(order).toEqual(["one stops", "two stops"])
    expect(facts.map(({ event, part }) => [event, part])).toEqual([
      ["stop.failed", "drain"],
      ["stop.failed", "one"],
    ])
  })
})

describe("health", () => {
  const ask = async (parts: Parts, path: string) => {
    const response = await given(parts).http.request(path)
    return { status: response.status, body: await response.json() }
  }

  test("is live whatever it needs", async () => {
    expect(await ask({ ready: { store: fails } }, "/health/live")).toEqual({
      status: 200,
      body: { status: "ok", version },
    })
  })

  test("is ready when all it needs answers", async () => {
    const answer = await ask({ ready: { store: async () => undefined } }, "/health/ready")
    expect(answer).toEqual({ status: 200, body: { status: "ok", parts: { bus: "ok", store: "ok" } } })
  })

  test("names what doesn't answer, also what answers too late", async () => {
    const silent = () => new Promise<never>(() => undefined)
    const { status, body } = await ask({ ready: { store: fails, far: silent } }, "/health/ready")
    expect(status).toBe(503)
    expect(body).toEqual({
      status: "unavailable",
      parts: { bus: "ok", store: "can't", far: "no answer in time" },
    })
  })
})
