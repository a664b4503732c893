import { expect, test } from "bun:test"
import { Hono } from "hono"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { composeEdge } from "./edge.ts"

const edge = composeEdge([], createMetrics(), new Hono())

const statusFor = async (host: string) =>
  (await edge(new Request("http://platform/health/live", { headers: { host } }))).status

test("the platform on a laptop answers to its addresses and to localhost", async () => {
  for (const host of ["127.0.0.1:4400", "localhost:4400", "localhost", "wf.localhost:4400", "[::1]:4400"])
    expect([host, await statusFor(host)]).toEqual([host, 200])
})

test("a name that somebody else could point at this machine is refused", async () => {
  for (const host of [
    "evil.example:4400",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "a@localhost",
    "",
  ])
    expect([host, await statusFor(host)]).toEqual([host, 421])
})
