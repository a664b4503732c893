import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { Code, ConnectError, createClient, type Interceptor } from "@connectrpc/connect"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { embeddedBus } from "#kernel/bus/embedded.ts"
import { openPool, type Pool } from "#kernel/database/open.ts"
import { lazyTransport } from "#kernel/rpc/lazy.ts"
import { networkTransport } from "#kernel/rpc/network.ts"
import { inMemoryTransport, type RpcServer, serveRpc } from "#kernel/rpc/server.ts"
import { type Composed, compose } from "#kernel/service/compose.ts"
import { systemKit } from "#kernel/service/kit.ts"
import type { Service } from "#kernel/service/service.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { freshDatabase } from "#kernel/testing/database.ts"
import { compile } from "#language/plan.ts"
import { runId } from "#language/run-id.ts"
import type { Definition } from "#language/schema.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { bootstrapOwner } from "#services/iam/owner/bootstrap.ts"
import { iam } from "#services/iam/service.ts"
import { given, workspace_id } from "#services/scheduler/given.ts"
import { schedulerRpc } from "#services/scheduler/rpc.ts"
import type { Feed } from "#services/scheduler/run/feed.ts"
import { scheduler } from "#services/scheduler/service.ts"

const composed = new Map<string, Composed>()
const kit = systemKit()
const log = silentLog
const key = platformKey(randomBytes(32).toString("base64"))
let pool: Pool
let drop: () => Promise<void>
let server: RpcServer

const add = async <Config>(service: Service<Config, "database" | "hot">): Promise<void> => {
  const database = pool.database(service.name)
  const part = await compose(service, {
    ...{ kit, log, metrics: createMetrics(), key, bus: embeddedBus({ log }) },
    environment: {},
    stores: { database, hot: database },
    dial: (name, outgoing) =>
      lazyTransport(() => {
        const target = composed.get(name)
        if (!target?.parts.rpc) throw new Error(`${name} has no RPC door`)
        return inMemoryTransport(target.parts.rpc, target.rpc, outgoing)
      }),
  })
  composed.set(service.name, part)
}

type Json = Record<string, unknown>

const post = async (path: string, body: Json): Promise<Json> => {
  const response = await composed.get("iam")?.running.http.request(`/api/v1/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  })
  return (await response?.json()) as Json
}

type Person = { readonly user_id: string; readonly token: string }

const person = async (): Promise<Person> => {
  const who = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  const { user } = (await post("auth/register", { ...who, name: "Somebody" })) as { user: { id: string } }
  return { user_id: user.id, token: String((await post("auth/login", who)).access_token) }
}

/** Metadata of a call. */
type Shown = Readonly<Record<string, string>>

const bearer = (token: string): Shown => ({ authorization: `Bearer ${token}` })

const call = (shown: Shown, port = server.port) => {
  const showing: Interceptor = (next) => (request) => {
    for (const [name, value] of Object.entries(shown)) request.header.set(name, value)
    return next(request)
  }
  return createClient(SchedulerService, networkTransport(`http://127.0.0.1:${port}`, [showing]))
}

let workspace: { readonly id: string; readonly slug: string }
let owner: Shown
let service: Shown
let run_id: string

const startRun = async (tasks: Definition["tasks"]): Promise<string> => {
  const id = runId(kit.id())
  const plan = compile({ name: "test", tasks })
  const start = { runId: id, workspaceId: workspace.id, workflow: "test", version: 1, trigger: "manual" }
  const { runs } = await call(service).startRuns({
    runs: [{ ...start, planJson: JSON.stringify(plan), inputsJson: "{}" }],
  })
  expect(runs.map((run) => run.runId)).toEqual([id])
  return id
}

beforeAll(async () => {
  const fresh = await freshDatabase()
  drop = fresh.drop
  pool = openPool({ url: fresh.url, application_name: "test", log, max_sessions: 8 })
  await add(iam)
  await add(scheduler)
  server = await serveRpc(
    [...composed.values()].flatMap(({ rpc_part }) => rpc_part ?? []),
    {
      ...{ host: "127.0.0.1", port: 0, log },
    },
  )
  owner = bearer(await bootstrapOwner(pool.database("iam"), kit))
  const [first] = await pool
    .database("iam")
    .run((sql) => sql<{ id: string; slug: string }>`select id, slug from iam.workspace order by id limit 1`)
  if (!first) throw new Error("there is no workspace")
  workspace = first
  service = bearer(await serviceTokens("workflow", key).issue("scheduler"))
  run_id = await startRun({ one: { uses: "noop" }, two: { uses: "noop", needs: ["one"] } })
})

afterAll(async () => {
  await server.stop()
  await pool.close()
  await drop()
})

const codeOf = (thrown: unknown): string => Code[ConnectError.from(thrown).code] ?? ""

/** What comes of each method that is open to users. */
const outcomes = async (shown: Shown, asked: { runId: string; workspaceId?: string }): Promise<string[]> => {
  const client = call(shown)
  const watched = async () => {
    for await (const _ of client.watchRun(asked)) return
  }
  const calls = [client.getRun(asked), client.listTaskRuns(asked), watched()]
  return Promise.all(calls.map((called) => called.then(() => "answered", codeOf)))
}

const all = (outcome: string) => [outcome, outcome, outcome]

describe("who may ask about a run", () => {
  test("the owner of an API token, and who signed in, in their own workspace", async () => {
    expect(await outcomes(owner, { runId: run_id })).toEqual(all("answered"))
    expect(await outcomes(owner, { runId: run_id, workspaceId: workspace.id })).toEqual(all("answered"))
  })

  test("a viewer, in the workspace that the metadata name", async () => {
    const { token, user_id } = await person()
    await pool.database("iam").run(
      (sql) => sql`
        insert into iam.member (workspace_id, user_id, role)
        values (${workspace.id}::text::uuid, ${user_id}::text::uuid, 'viewer')`,
    )
    const shown = { ...bearer(token), "wf-workspace": workspace.slug }
    expect(await outcomes(shown, { runId: run_id })).toEqual(all("answered"))
    expect(await outcomes(bearer(token), { runId: run_id })).toEqual(all("NotFound"))
  })

  test("nobody in a workspace that isn't among their own", async () => {
    const shown = { ...bearer((await person()).token), "wf-workspace": workspace.slug }
    expect(await outcomes(shown, { runId: run_id })).toEqual(all("NotFound"))
  })

  test("nobody from another workspace: the run is not there, whatever workspace they name", async () => {
    const stranger = bearer((await person()).token)
    expect(await outcomes(stranger, { runId: run_id })).toEqual(all("NotFound"))
    expect(await outcomes(stranger, { runId: run_id, workspaceId: workspace.id })).toEqual(all("NotFound"))
    // One's own run isn't in another workspace either.
    const elsewhere = { runId: run_id, workspaceId: crypto.randomUUID() }
    expect(await outcomes(owner, elsewhere)).toEqual(all("NotFound"))
  })

  test("a service, in the workspace that it names, and has to", async () => {
    expect(await outcomes(service, { runId: run_id, workspaceId: workspace.id })).toEqual(all("answered"))
    expect(await outcomes(service, { runId: run_id, workspaceId: crypto.randomUUID() })).toEqual(
      all("NotFound"),
    )
    expect(await outcomes(service, { runId: run_id })).toEqual(all("InvalidArgument"))
  })

  test("nobody without a credential, or with a wrong one", async () => {
    const stranger = platformKey(randomBytes(32).toString("base64"))
    for (const shown of [
      {},
      { authorization: "Bearer" },
      bearer("a.b.c"),
      bearer("wft_wrong"),
      bearer(await serviceTokens("workflow", stranger).issue("scheduler")),
      bearer(await serviceTokens("workflow", key).issue("iam")),
    ]) {
      expect(await outcomes(shown, { runId: run_id })).toEqual(all("Unauthenticated"))
    }
  })
})

test("what is for services only is closed to users", async () => {
  const client = call(owner)
  const session = { sessionId: kit.id(), name: "mine", queues: ["*"], slots: 1 }
  const calls = [
    client.openSession(session),
    client.claim({ sessionId: session.sessionId, maxTasks: 1 }),
    client.heartbeat({ sessionId: session.sessionId }),
    client.report({ sessionId: session.sessionId }),
    client.closeSession({ sessionId: session.sessionId }),
    client.startRuns({ runs: [] }),
  ]
  const codes = await Promise.all(calls.map((called) => called.then(() => "answered", codeOf)))
  expect(codes).toEqual(calls.map(() => "Unauthenticated"))
})

test.each([
  { runId: "" },
  { runId: "no-uuid" },
  { runId: "01a1fd25-4d5d-7000-a532-2f6eaba00000", workspaceId: "mine" },
])("%j is refused as an invalid argument", async (asked) => {
  expect(await outcomes(owner, asked)).toEqual(all("InvalidArgument"))
})

test("a page that is too long, a cursor that is none and a seq below 0 are invalid", async () => {
  const client = call(owner)
  const failed = (called: Promise<unknown>) => called.then(() => "answered", codeOf)
  expect(await failed(client.listTaskRuns({ runId: run_id, limit: 201 }))).toBe("InvalidArgument")
  expect(await failed(client.listTaskRuns({ runId: run_id, cursor: "two" }))).toBe("InvalidArgument")
  const events = client.watchRun({ runId: run_id, after: -1 })
  expect(await failed(events[Symbol.asyncIterator]().next())).toBe("InvalidArgument")
})

test("the run is what HTTP shows", async () => {
  const { runJson } = await call(owner).getRun({ runId: run_id })
  const shown = await composed
    .get("scheduler")
    ?.running.http.request(`/api/v1/runs/${run_id}`, { headers: owner })
  expect(JSON.parse(runJson)).toEqual((await shown?.json()) as Json)
})

test("task runs come in pages, in the order of the plan, also those of a neighbour's run left out", async () => {
  const names = Array.from({ length: 7 }, (_, index) => `t${index}`)
  const wide = await startRun(Object.fromEntries(names.map((name) => [name, { uses: "noop" }])))
  await startRun({ other: { uses: "noop" } })
  const pages: string[][] = []
  let cursor = ""
  do {
    const { items, nextCursor } = await call(owner).listTaskRuns({ runId: wide, limit: 3, cursor })
    for (const item of items) expect(item).toMatchObject({ runId: wide, status: "queued", maxRetries: 0 })
    pages.push(items.map(({ task }) => task))
    cursor = nextCursor
  } while (cursor !== "")
  expect(pages).toEqual([names.slice(0, 3), names.slice(3, 6), names.slice(6)])
  const foreign = await call(owner).listTaskRuns({ runId: wide, cursor: run_id })
  expect(foreign.items.map(({ task }) => task)).toEqual(names)
})

/** A second is promised; much else may go on on this machine. */
const promised_ms = 2_000

/** What a stream fails with; what it tells until then is passed over. */
const untilCut = async (stream: AsyncIterator<unknown>): Promise<string> => {
  try {
    while (!(await stream.next()).done);
    return "ended"
  } catch (error) {
    return codeOf(error)
  }
}

/** Works like a worker whose tasks all end well. */
const work = async (): Promise<void> => {
  const client = call(service)
  const sessionId = kit.id()
  await client.openSession({ sessionId, name: "test", queues: ["*"], slots: 50, inlineSlots: 50 })
  let { attempts } = await client.claim({ sessionId, maxTasks: 50, maxInline: 50, waitMs: 500 })
  while (attempts.length > 0) {
    const results = attempts.map(({ taskRunId, token, task }) => ({
      ...{ taskRunId, token, outcome: "completed" },
      outputsJson: JSON.stringify({ task }),
    }))
    const answer = await client.report({ sessionId, results, maxTasks: 50, maxInline: 50 })
    attempts = answer.attempts
  }
  await client.closeSession({ sessionId })
}

describe("a watched run", () => {
  test("tells its events as they happen, from a seq on, and ends with the run", async () => {
    const id = await startRun({ one: { uses: "noop" }, two: { uses: "noop", needs: ["one"] } })
    const stream = call(owner).watchRun({ runId: id })[Symbol.asyncIterator]()
    const first = await stream.next()
    expect(first.value?.event).toMatchObject({ seq: 1, type: "workflow.started", runId: id })
    await work()
    const types: string[] = []
    for (let next = await stream.next(); !next.done; next = await stream.next()) {
      types.push(next.value.event?.type ?? "")
    }
    expect(types.at(-1)).toBe("workflow.completed")
    expect(types.filter((type) => type === "task.completed")).toHaveLength(2)
    const rest: number[] = []
    for await (const { event } of call(owner).watchRun({ runId: id, after: 4 })) rest.push(event?.seq ?? 0)
    expect(rest).toEqual([5, 6])
    const { items } = await call(owner).listTaskRuns({ runId: id })
    expect(items.map(({ status, outputsJson }) => [status, outputsJson])).toEqual([
      ["completed", '{"task":"one"}'],
      ["completed", '{"task":"two"}'],
    ])
    expect(items[0]?.finishedAt).toBeDefined()
  })

  test("that is cut off by a server that stops has not ended: the stream fails", async () => {
    const id = await startRun({ one: { uses: "noop" } })
    const part = composed.get("scheduler")?.rpc_part
    if (!part) throw new Error("the scheduler takes no calls")
    const other = await serveRpc([part], { host: "127.0.0.1", port: 0, log })
    const stream = call(owner, other.port).watchRun({ runId: id })[Symbol.asyncIterator]()
    await stream.next()
    const next = stream.next().then(
      () => "ended",
      (error: unknown) => codeOf(error),
    )
    await other.stop()
    expect(await next).not.toBe("ended")
    await work()
  })

  const ask = async (operation: string, shown: Shown, body?: Json) => {
    const [method = "", path = ""] = operation.split(" ")
    const headers = { ...shown, "content-type": "application/json" }
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await composed.get("iam")?.running.http.request(`/api/v1/${path}`, init)
    const text = (await response?.text()) ?? ""
    if (!response?.ok) throw new Error(`${path}: ${text}`)
    return (text === "" ? {} : JSON.parse(text)) as Json
  }

  const joined = async () => {
    const { token, user_id } = await person()
    await pool.database("iam").run(
      (sql) => sql`
        insert into iam.member (workspace_id, user_id, role)
        values (${workspace.id}::text::uuid, ${user_id}::text::uuid, 'viewer')`,
    )
    return { shown: { ...bearer(token), "wf-workspace": workspace.slug }, user_id }
  }

  test.each([
    ["their session has ended", (shown: Shown) => ask("POST auth/logout", shown), "Unauthenticated"],
    [
      "they were removed",
      (_: Shown, user_id: string) => ask(`DELETE workspaces/${workspace.id}/members/${user_id}`, owner),
      "NotFound",
    ],
  ] as const)("is cut off within a second when %s", async (_, revoke, code) => {
    const { shown, user_id } = await joined()
    const id = await startRun({ one: { uses: "noop" } })
    const stream = call(shown).watchRun({ runId: id })[Symbol.asyncIterator]()
    await stream.next()
    const cut = untilCut(stream)
    await revoke(shown, user_id)
    const began_ms = performance.now()
    expect(await cut).toBe(code)
    expect(performance.now() - began_ms).toBeLessThan(promised_ms)
    await work()
  })

  test("is cut off within a second when its API token is deleted", async () => {
    const { id: token_id, token } = await ask("POST tokens", owner, { name: "brief" })
    const id = await startRun({ one: { uses: "noop" } })
    const stream = call(bearer(String(token)))
      .watchRun({ runId: id })
      [Symbol.asyncIterator]()
    await stream.next()
    const cut = untilCut(stream)
    await ask(`DELETE tokens/${token_id}`, owner)
    const began_ms = performance.now()
    expect(await cut).toBe("Unauthenticated")
    expect(performance.now() - began_ms).toBeLessThan(promised_ms)
    await work()
  })

  test("that nobody watches any more is not followed any longer", async () => {
    const engine = await given.engine()
    const id = await given.run(engine, { one: { uses: "noop" } })
    const closed = Promise.withResolvers<void>()
    const subscribe: Feed["subscribe"] = (subscribing) => {
      const subscription = engine.feed.subscribe(subscribing)
      return { ...subscription, close: () => closed.resolve(subscription.close()) }
    }
    const routes = schedulerRpc({ ...engine, feed: { ...engine.feed, subscribe } })
    const doors = { service: "scheduler", tokens: serviceTokens("scheduler", key), log }
    const other = await serveRpc([{ routes, doors }], { host: "127.0.0.1", port: 0, log })
    const leaving = new AbortController()
    const asked = { runId: id, workspaceId: workspace_id }
    const stream = call(service, other.port).watchRun(asked, { signal: leaving.signal })
    const events = stream[Symbol.asyncIterator]()
    await events.next()
    const next = events.next().then(() => "told", codeOf)
    leaving.abort()
    expect(await next).toBe("Canceled")
    await closed.promise
    await other.stop()
    await engine.close()
  })
})
