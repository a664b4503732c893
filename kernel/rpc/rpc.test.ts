import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { markInside } from "#kernel/database/inside.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"
import { ArtifactService, type StoreRequest } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { callingService } from "./callers.ts"
import { caller, type Dial } from "./client.ts"
import { networkTransport } from "./network.ts"
import { inMemoryTransport, type Routes, type RpcServer, serveRpc } from "./server.ts"

const key = platformKey(randomBytes(32).toString("base64"))
const tokensOf = (service: string) => serviceTokens(service, key)

const bugs: unknown[] = []
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: (fact) => void bugs.push(fact.error),
}
beforeEach(() => void bugs.splice(0))

const many = Array.from({ length: 2_000 }, (_, index) => ({
  path: `tasks.t${index}`,
  message: "is not known",
}))

const wrong = new Problem("workflow.invalid", {
  detail: "Two places are wrong: „ü\n🎉”",
  errors: [{ path: "tasks.a", message: "has no run" }],
})

/** What the double answers is told by what it is asked for. */
const failures: Readonly<Record<string, () => Promise<never> | never>> = {
  wrong: () => {
    throw wrong
  },
  busy: () => {
    throw new Problem("platform.busy", { retry_after_s: 7 })
  },
  many: () => {
    throw new Problem("workflow.invalid", { detail: "x".repeat(50_000), errors: many })
  },
  bug: () => {
    throw new Error("a secret detail")
  },
  silent: () => new Promise<never>(() => undefined),
  ill: () => {
    throw new ConnectError("the process is going", Code.Unavailable)
  },
}

let waiting = 0
const seen: string[] = []

const routes: Routes = (router) => {
  router.service(SchedulerService, {
    async getRun({ runId }, context) {
      seen.push(callingService(context).service)
      waiting += 1
      await failures[runId]?.()
      return { runJson: runId }
    },
  })
  router.service(ArtifactService, {
    async store(requests: AsyncIterable<StoreRequest>) {
      let size_bytes = 0
      for await (const { part } of requests) {
        if (part.case === "header") await failures[part.value.name]?.()
        if (part.case === "bytes") size_bytes += part.value.length
      }
      return { artifactId: "stored", sizeBytes: BigInt(size_bytes) }
    },
  })
}

const doors = { service: "scheduler", tokens: tokensOf("scheduler"), log }
const listen = (port = 0) => serveRpc([{ routes, doors }], { host: "127.0.0.1", port, log })

let server: RpcServer
beforeAll(async () => {
  server = await listen()
})
afterAll(() => server.stop())

const inMemory: Dial = (_, outgoing) => inMemoryTransport(routes, doors, outgoing)
const network: Dial = (_, outgoing) => networkTransport(`http://127.0.0.1:${server.port}`, outgoing)

const ask = (dial: Dial) => caller(dial, tokensOf("workflow"))("scheduler", SchedulerService)
const bring = (dial: Dial) => caller(dial, tokensOf("workflow"))("scheduler", ArtifactService)

async function* file(name: string, chunks: number) {
  yield { part: { case: "header" as const, value: { name } } }
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    yield { part: { case: "bytes" as const, value: new Uint8Array(100_000) } }
  }
}

describe.each([
  ["in memory", inMemory],
  ["over HTTP/2", network],
])("a call %s", (_, dial) => {
  test("is answered, and the other side knows which service called", async () => {
    seen.splice(0)
    expect((await ask(dial).getRun({ runId: "fine" })).runJson).toBe("fine")
    expect(seen).toEqual(["workflow"])
  })

  test("with a stream of messages is answered after the last one", async () => {
    expect((await bring(dial).store(file("fine", 30))).sizeBytes).toBe(3_000_000n)
  })

  test("that is refused gets the problem as it is", async () => {
    const refused = await ask(dial)
      .getRun({ runId: "wrong" })
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Problem)
    const { code, status, message, errors } = refused as Problem
    expect({ code, status, message, errors }).toEqual({
      code: "workflow.invalid",
      status: 422,
      message: wrong.message,
      errors: wrong.errors,
    })
    expect(bugs).toEqual([])
  })

  test("with a stream that is refused gets the problem as it is", async () => {
    const refused = await bring(dial)
      .store(file("wrong", 3))
      .catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(Problem)
    expect(refused).toMatchObject({ code: "workflow.invalid", errors: wrong.errors, message: wrong.message })
  })

  test("that finds the platform busy is told when to come back", async () => {
    await expect(ask(dial).getRun({ runId: "busy" })).rejects.toMatchObject({
      code: "platform.busy",
      retry_after_s: 7,
    })
  })

  test("that is refused for very many reasons gets the first of them", async () => {
    const refused = (await ask(dial)
      .getRun({ runId: "many" })
      .catch((error: unknown) => error)) as Problem
    expect(refused.code).toBe("workflow.invalid")
    expect(refused.errors.slice(0, 5)).toEqual(many.slice(0, 5))
  })

  test("that meets a bug learns nothing of it, and it is logged once", async () => {
    const refused = (await ask(dial)
      .getRun({ runId: "bug" })
      .catch((error: unknown) => error)) as Problem
    expect(refused.code).toBe("platform.bug")
    expect(JSON.stringify(refused) + refused.message).not.toContain("secret")
    expect(bugs.map(String)).toEqual(["Error: a secret detail"])
  })

  test("that isn't answered ends at its deadline", async () => {
    const late = ask(dial).getRun({ runId: "silent" }, { timeoutMs: 50 })
    await expect(late).rejects.toMatchObject({ code: "platform.unavailable" })
  })

  test("ends when its caller hangs up", async () => {
    const leaving = new AbortController()
    const before = waiting
    const call = ask(dial)
      .getRun({ runId: "silent" }, { signal: leaving.signal })
      .catch((error: unknown) => error)
    await until("it has arrived", () => waiting > before)
    leaving.abort()
    expect(await call).toBeInstanceOf(Error)
  })

  test("inside a transaction throws before anything is sent", async () => {
    seen.splice(0)
    const client = ask(dial)
    await expect(markInside(() => client.getRun({ runId: "fine" }))).rejects.toThrow("inside a transaction")
    expect(seen).toEqual([])
  })

  test.each([
    ["no token", ""],
    ["a token of a user", "Bearer wft_0123456789"],
    ["a token for another service", async () => `Bearer ${await tokensOf("workflow").issue("iam")}`],
    [
      "a token of another platform",
      async () => {
        const foreign = serviceTokens("workflow", platformKey(randomBytes(32).toString("base64")))
        return `Bearer ${await foreign.issue("scheduler")}`
      },
    ],
  ])("with %s is refused, and nothing is done", async (_name, authorization) => {
    seen.splice(0)
    const value = typeof authorization === "string" ? authorization : await authorization()
    const client = createClient(
      SchedulerService,
      dial("scheduler", [
        (next) => (request) => {
          request.header.set("authorization", value)
          return next(request)
        },
      ]),
    )
    await expect(client.getRun({ runId: "fine" })).rejects.toMatchObject({ code: Code.Unauthenticated })
    expect(seen).toEqual([])
  })
})

describe("the circuit", () => {
  const failing = async (client: ReturnType<typeof ask>, runId: string, times: number) => {
    for (let call = 0; call < times; call += 1) await client.getRun({ runId }).catch(() => undefined)
  }

  test("opens after five failures, then asks nothing more, and closes when one call succeeds", async () => {
    const client = ask(inMemory)
    await failing(client, "ill", 5)
    seen.splice(0)
    await expect(client.getRun({ runId: "fine" })).rejects.toMatchObject({
      code: "platform.unavailable",
      retry_after_s: 1,
    })
    expect(seen).toEqual([])
    await until("a call goes through", () =>
      client.getRun({ runId: "fine" }).then(
        () => true as const,
        () => false as const,
      ),
    )
    await client.getRun({ runId: "fine" })
  })

  test.each(["wrong", "busy", "bug"])(
    "stays closed however often the answer is a refusal: %s",
    async (runId) => {
      const client = ask(inMemory)
      await failing(client, runId, 12)
      expect((await client.getRun({ runId: "fine" })).runJson).toBe("fine")
    },
  )

  test("stays closed however many callers hang up", async () => {
    const client = ask(inMemory)
    for (let call = 0; call < 8; call += 1) {
      await client.getRun({ runId: "silent" }, { signal: AbortSignal.abort() }).catch(() => undefined)
    }
    expect((await client.getRun({ runId: "fine" })).runJson).toBe("fine")
  })

  test.each([
    ["in memory", inMemory],
    ["over HTTP/2", network],
  ])("opens for a service that is silent, %s", async (_, dial) => {
    const client = ask(dial)
    for (let call = 0; call < 5; call += 1) {
      await client.getRun({ runId: "silent" }, { timeoutMs: 20 }).catch(() => undefined)
    }
    await expect(client.getRun({ runId: "fine" })).rejects.toMatchObject({ retry_after_s: 1 })
  })

  test("of one service says nothing about another", async () => {
    const call = caller(inMemory, tokensOf("workflow"))
    await failing(call("scheduler", SchedulerService), "ill", 5)
    const other = call("iam", SchedulerService)
    await expect(other.getRun({ runId: "fine" })).rejects.toMatchObject({ code: "auth.required" })
  })
})

describe("a server", () => {
  test("that is stopped ends open calls, and may be stopped twice", async () => {
    const own = await listen()
    const client = ask((_, outgoing) => networkTransport(`http://127.0.0.1:${own.port}`, outgoing))
    const before = waiting
    const call = client.getRun({ runId: "silent" }).catch((error: unknown) => error)
    await until("it has arrived", () => waiting > before)
    await own.stop()
    await own.stop()
    expect(await call).toMatchObject({ code: "platform.unavailable" })
  })

  test("that is started again is found again by the same client", async () => {
    const own = await listen()
    const client = ask((_, outgoing) => networkTransport(`http://127.0.0.1:${own.port}`, outgoing))
    await client.getRun({ runId: "fine" })
    await own.stop()
    await expect(client.getRun({ runId: "fine" })).rejects.toMatchObject({ code: "platform.unavailable" })
    const next = await listen(own.port)
    await until("it answers", () =>
      client.getRun({ runId: "fine" }).then(
        () => true as const,
        () => false as const,
      ),
    )
    await next.stop()
  })
})
