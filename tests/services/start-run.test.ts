import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { folderBlob } from "#kernel/blob/folder.ts"
import { embeddedBus } from "#kernel/bus/embedded.ts"
import { openPool, type Pool } from "#kernel/database/open.ts"
import { lazyTransport } from "#kernel/rpc/lazy.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { type Composed, compose } from "#kernel/service/compose.ts"
import { systemKit } from "#kernel/service/kit.ts"
import type { Service } from "#kernel/service/service.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { freshDatabase } from "#kernel/testing/database.ts"
import { bootstrapOwner } from "#services/iam/owner/bootstrap.ts"
import { iam } from "#services/iam/service.ts"
import { scheduler } from "#services/scheduler/service.ts"
import { workflow } from "#services/workflow/service.ts"

const composed = new Map<string, Composed>()
const kit = systemKit()
const log = silentLog
const folder = mkdtempSync(join(tmpdir(), "wf-start-run-"))
const blob = folderBlob({
  ...{ folder, url: "http://blobs.test", now: kit.now },
  key: platformKey(randomBytes(32).toString("base64")),
})
let pool: Pool
let drop: () => Promise<void>
let token: string

const add = async <Config>(
  service: Service<Config, "database" | "hot" | "blob">,
  key: string,
): Promise<void> => {
  const database = pool.database(service.name)
  const part = await compose(service, {
    ...{
      kit,
      log,
      metrics: createMetrics(),
      key: platformKey(key),
      bus: embeddedBus({ log }),
      environment: {},
    },
    stores: { database, hot: database, blob },
    dial: (name, outgoing) =>
      lazyTransport(() => {
        const target = composed.get(name)
        if (!target?.parts.rpc) throw new Error(`${name} has no RPC door`)
        return inMemoryTransport(target.parts.rpc, target.rpc, outgoing)
      }),
  })
  composed.set(service.name, part)
}

beforeAll(async () => {
  const fresh = await freshDatabase()
  drop = fresh.drop
  pool = openPool({ url: fresh.url, application_name: "test", log, max_sessions: 8 })
  const key = randomBytes(32).toString("base64")
  await add(iam, key)
  await add(scheduler, key)
  await add(workflow, key)
  token = await bootstrapOwner(pool.database("iam"), kit)
})

afterAll(async () => {
  await pool.close()
  await drop()
  rmSync(folder, { recursive: true, force: true })
})

type Json = Record<string, unknown>
type Sent = { readonly body?: unknown; readonly as?: string; readonly headers?: Record<string, string> }

const send = async (service: string, path: string, { body, as = token, headers = {} }: Sent = {}) => {
  const app = composed.get(service)?.running.http
  if (!app) throw new Error(`${service} has no HTTP door`)
  const method = body === undefined ? "GET" : "POST"
  const response = await app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${as}`, "content-type": "application/json", ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const source = "name: pair\ntasks:\n  one: { run: echo one }\n  two: { run: echo two, needs: [one] }\n"

test("the first owner's token pushes a workflow and starts a run, which the scheduler shows at once", async () => {
  expect((await send("workflow", "/workflows", { body: { source } })).status).toBe(201)
  const started = await send("workflow", "/runs", { body: { workflow: "pair" } })
  expect(started.status).toBe(201)
  expect(started.body).toMatchObject({ workflow: "pair", version: 1, status: "running" })
  const shown = await send("scheduler", `/runs/${started.body.id}`)
  expect(shown.body).toEqual(started.body)
  expect((shown.body.tasks as Json[]).map(({ task, status }) => [task, status])).toEqual([
    ["one", "queued"],
    ["two", "pending"],
  ])
})

test("a key gives the same run again; another body with it is a conflict", async () => {
  const headers = { "idempotency-key": "once" }
  await send("workflow", "/workflows", { body: { source } })
  const starts = await Promise.all(
    [1, 2, 3].map(() => send("workflow", "/workflows/pair/start", { body: {}, headers })),
  )
  expect(starts.map(({ status }) => status)).toEqual([201, 201, 201])
  expect(new Set(starts.map(({ body }) => body.id)).size).toBe(1)
  const other = await send("workflow", "/workflows/pair/start", { body: { version: 1 }, headers })
  expect([other.status, other.body.code]).toEqual([409, "idempotency.conflict"])
})

test("a concurrency key is made of the inputs; with it taken a run waits or is refused, as the workflow says", async () => {
  const push = (name: string, on_conflict: string) => {
    const concurrency = `concurrency: { key: "deploy-\${{ inputs.to }}", on_conflict: ${on_conflict} }`
    const text = `name: ${name}\ninputs:\n  to: { type: string }\n${concurrency}\ntasks:\n  one: { uses: noop }\n`
    return send("workflow", "/workflows", { body: { source: text } })
  }
  const start = (workflow: string, to: string) =>
    send("workflow", "/runs", { body: { workflow, inputs: { to } } })
  expect([(await push("patient", "queue")).status, (await push("impatient", "reject")).status]).toEqual([
    201, 201,
  ])
  const first = await start("patient", "here")
  const second = await start("patient", "here")
  expect([first.body.status, second.body.status, second.body.reason]).toEqual([
    "running",
    "pending",
    "concurrency",
  ])
  const refused = await start("impatient", "here")
  expect([refused.status, refused.body.code]).toEqual([409, "concurrency.full"])
  expect((await start("impatient", "there")).body.status).toBe("running")
  const huge = await start("patient", "x".repeat(300))
  expect([huge.status, huge.body.code]).toEqual([422, "concurrency.invalid"])
  await send("scheduler", `/runs/${first.body.id}/cancel`, { body: {} })
  expect((await send("scheduler", `/runs/${second.body.id}`)).body).toMatchObject({
    status: "running",
    reason: null,
  })
})

test("somebody of another workspace finds neither the workflow nor the run", async () => {
  await send("workflow", "/workflows", { body: { source } })
  const started = await send("workflow", "/runs", { body: { workflow: "pair" } })
  const account = { email: "eve@example.test", password: "correct horse battery" }
  await send("iam", "/auth/register", { body: { ...account, name: "Eve" } })
  const login = await send("iam", "/auth/login", { body: account })
  const as = String(login.body.access_token)
  const answers = await Promise.all([
    send("workflow", "/workflows/pair", { as }),
    send("workflow", "/runs", { as, body: { workflow: "pair" } }),
    send("scheduler", `/runs/${started.body.id}`, { as }),
    send("workflow", "/workflows", { as, headers: { "wf-workspace": "default" } }),
  ])
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404])
})
