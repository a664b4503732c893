import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type WorkflowHouse } from "./given.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Json = Record<string, unknown>
type More = { body?: unknown; role?: string; workspace?: string; headers?: Record<string, string> }

const home = crypto.randomUUID()

const send = async (method: string, path: string, more: More = {}) => {
  const { body, role = "developer", workspace = home } = more
  const headers: Record<string, string> = { authorization: `Bearer ${role}@${workspace}`, ...more.headers }
  if (body !== undefined) headers["content-type"] = "application/json"
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const response = await house.app.request(`/api/v1${path}`, init)
  return { status: response.status, body: (await response.json()) as Json }
}

const source = (name: string, text = "hello") => `
name: ${name}
description: Says ${text}.
tags: [example]
inputs:
  who: { type: string, default: world }
  times: { type: integer, required: true }
tasks:
  greet:
    run: echo ${text}
  after:
    needs: [greet]
    run: echo done
`

const push = (name: string, text?: string, more: More = {}) =>
  send("POST", "/workflows", { ...more, body: { source: source(name, text) } })

test("a push makes a version; an unchanged one makes none, however it is written", async () => {
  const first = await push("versions")
  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({ workflow: "versions", version: 1, created: true })
  const again = await send("POST", "/workflows", { body: { definition: first.body.definition } })
  expect(again.status).toBe(200)
  expect(again.body).toEqual({ ...first.body, created: false })
  const changed = await push("versions", "goodbye")
  expect([changed.status, changed.body.version]).toEqual([201, 2])
  const back = await push("versions")
  expect([back.status, back.body.version]).toEqual([201, 3])
  expect(back.body.digest).toBe(first.body.digest)
})

test("pushes at the same time make each version once, numbered without a gap", async () => {
  const same = await Promise.all([1, 2, 3, 4, 5].map(() => push("race")))
  expect(same.filter(({ body }) => body.created)).toHaveLength(1)
  expect(new Set(same.map(({ body }) => body.version))).toEqual(new Set([1]))
  await Promise.all(["a", "b", "c", "d"].map((text) => push("race", text)))
  const list = await send("GET", "/workflows/race/versions")
  const numbers = (list.body.items as { version: number }[]).map(({ version }) => version)
  expect(numbers).toEqual([5, 4, 3, 2, 1])
})

test("an invalid workflow is refused with every error and its place, and nothing is kept", async () => {
  const text = "name: broken\ntasks:\n  one:\n    run: echo\n    needs: [tow]\n  two:\n    usess: shell\n"
  const answer = await send("POST", "/workflows", { body: { source: text } })
  expect([answer.status, answer.body.code]).toEqual([422, "workflow.invalid"])
  const errors = answer.body.errors as { path: string; message: string }[]
  expect(errors.length).toBeGreaterThan(1)
  for (const { message } of errors) expect(message).toMatch(/^\d+:\d+: /)
  expect((await send("GET", "/workflows/broken")).status).toBe(404)
})

test("validation answers with the errors, their places and suggestions, and keeps nothing", async () => {
  const text = "name: draft\ntasks:\n  one:\n    run: echo\n  two:\n    run: echo\n    needs: [on]\n"
  const answer = await send("POST", "/workflows/validate", { role: "viewer", body: { source: text } })
  expect(answer.status).toBe(200)
  expect(answer.body).toMatchObject({
    valid: false,
    errors: [{ line: 7, path: "tasks.two.needs[0]", suggestion: "one" }],
  })
  const fine = await send("POST", "/workflows/validate", { body: { source: source("draft") } })
  expect(fine.body).toEqual({ valid: true, errors: [], notes: [] })
  const object = await send("POST", "/workflows/validate", { body: { definition: { name: "draft" } } })
  expect(object.body).toMatchObject({ valid: false, errors: [{ line: null, column: null }] })
  expect((await send("GET", "/workflows/draft")).status).toBe(404)
})

test("a body that is neither, both or the sequence form is refused clearly", async () => {
  const bodies = [{}, { source: "a", definition: {} }, { name: "x", steps: [] }, { source: "a", nonsense: 1 }]
  for (const body of bodies) {
    const answer = await send("POST", "/workflows", { body })
    expect([answer.status, answer.body.code]).toEqual([422, "request.invalid"])
  }
})

test("workflows are listed page by page, and shown with their latest definition", async () => {
  const workspace = crypto.randomUUID()
  for (const name of ["b", "a", "c"]) await push(name, "x", { workspace })
  const first = await send("GET", "/workflows?limit=2", { workspace })
  const names = (answer: { body: Json }) => (answer.body.items as { name: string }[]).map(({ name }) => name)
  expect([names(first), first.body.next_cursor]).toEqual([["a", "b"], "b"])
  const second = await send("GET", "/workflows?limit=2&cursor=b", { workspace })
  expect([names(second), second.body.next_cursor]).toEqual([["c"], null])
  await push("a", "y", { workspace })
  const shown = await send("GET", "/workflows/a", { workspace })
  expect(shown.body).toMatchObject({ name: "a", tags: ["example"], version: 2, definition: { name: "a" } })
  expect(first.body.items).not.toContainEqual(expect.objectContaining({ definition: expect.anything() }))
  const old = await send("GET", "/workflows/a/versions/1", { workspace })
  expect(old.body).toMatchObject({ version: 1, definition: { description: "Says x." } })
})

test("another workspace's workflow is not there", async () => {
  await push("private")
  const workspace = crypto.randomUUID()
  const paths = ["/workflows/private", "/workflows/private/versions", "/workflows/private/versions/1"]
  for (const path of paths) expect((await send("GET", path, { workspace })).status).toBe(404)
  const started = await send("POST", "/workflows/private/start", {
    workspace,
    body: { inputs: { times: 1 } },
  })
  expect([started.status, started.body.code]).toEqual([404, "workflow.not_found"])
})

test("roles may do what the table says", async () => {
  await push("roles")
  const body = { inputs: { times: 1 } }
  expect((await push("roles", "z", { role: "operator" })).status).toBe(403)
  expect((await send("POST", "/workflows/roles/start", { role: "operator", body })).status).toBe(201)
  expect((await send("POST", "/workflows/roles/start", { role: "viewer", body })).status).toBe(403)
  expect((await send("GET", "/workflows/roles", { role: "viewer" })).status).toBe(200)
})

test("a start runs the latest version, or the one asked for, with the inputs' defaults", async () => {
  await push("started", "one")
  await push("started", "two")
  const latest = await send("POST", "/workflows/started/start", { body: { inputs: { times: 3 } } })
  expect(latest.status).toBe(201)
  expect(latest.body).toMatchObject({ workflow: "started", version: 2, inputs: { times: 3, who: "world" } })
  expect(latest.body.id).toMatch(/00000$/)
  const body = { workflow: "started", version: 1, inputs: { times: 1, who: "Ada" } }
  const first = await send("POST", "/runs", { body })
  expect(first.body).toMatchObject({ version: 1, inputs: { times: 1, who: "Ada" } })
  const plan = JSON.parse(house.desk.calls.at(-1)?.[0]?.planJson ?? "{}") as { tasks: Json[] }
  expect(plan.tasks.map(({ name }) => name)).toEqual(["greet", "after"])
})

test("inputs that don't fit, and what isn't there, are refused; nothing is handed over", async () => {
  await push("refused")
  const before = house.desk.calls.length
  const wrong = await send("POST", "/runs", {
    body: { workflow: "refused", inputs: { times: "many", x: 1 } },
  })
  expect([wrong.status, wrong.body.code]).toEqual([422, "inputs.invalid"])
  expect((wrong.body.errors as { path: string }[]).map(({ path }) => path)).toEqual(["times", "x"])
  const missing = await send("POST", "/workflows/refused/start")
  expect([missing.status, missing.body.code]).toEqual([422, "inputs.invalid"])
  const version = await send("POST", "/runs", {
    body: { workflow: "refused", version: 9, inputs: { times: 1 } },
  })
  expect([version.status, version.body.code]).toEqual([404, "version.not_found"])
  const nul = await send("POST", "/runs", { body: { workflow: "re\0fused" } })
  expect(nul.status).toBe(422)
  expect(house.desk.calls).toHaveLength(before)
})

test("starts that arrive together are handed over together, and each gets its own run", async () => {
  await push("batched")
  const before = house.desk.calls.length
  const starts = Array.from({ length: 40 }, (_, times) =>
    send("POST", "/runs", { body: { workflow: "batched", inputs: { times } } }),
  )
  const answers = await Promise.all(starts)
  expect(answers.map(({ body }) => (body.inputs as { times: number }).times)).toEqual([...Array(40).keys()])
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(40)
  expect(house.desk.calls.length - before).toBeLessThan(20)
})

test("one that is refused doesn't keep the others of its batch from starting", async () => {
  await push("mixed")
  const answers = await Promise.all(
    [1, "wrong", 3].map((times) => send("POST", "/runs", { body: { workflow: "mixed", inputs: { times } } })),
  )
  expect(answers.map(({ status }) => status)).toEqual([201, 422, 201])
})

test("a key gives the same run again, also after the next version; with another body it is a conflict", async () => {
  await push("keyed")
  const body = { workflow: "keyed", inputs: { times: 1 } }
  const headers = { "idempotency-key": "once" }
  const first = await send("POST", "/runs", { body, headers })
  await push("keyed", "changed")
  const again = await send("POST", "/runs", { body, headers })
  expect([again.status, again.body.id, again.body.version]).toEqual([201, first.body.id, 1])
  const other = await send("POST", "/runs", { body: { ...body, inputs: { times: 2 } }, headers })
  expect([other.status, other.body.code]).toEqual([409, "idempotency.conflict"])
  const wins = await send("POST", "/runs", { body: { ...body, idempotency_key: "twice" }, headers })
  expect(wins.body.id).not.toBe(first.body.id)
})

const steps = (...types: string[]) =>
  types.map((type, index) => ({ name: `step ${index}`, type, payload: { index } }))

test("sequences that arrive together are handed over together, and share their plan", async () => {
  const before = house.desk.calls.length
  const starts = Array.from({ length: 40 }, (_, index) =>
    send("POST", "/workflows", { body: { name: `sequence ${index}`, steps: steps("noop", "sleep") } }),
  )
  const answers = await Promise.all(starts)
  expect(answers.map(({ status, body }) => [status, body.name])).toEqual(
    answers.map((_, index) => [201, `sequence ${index}`]),
  )
  const calls = house.desk.calls.slice(before)
  expect(calls.length).toBeLessThan(20)
  const runs = calls.flat()
  expect(new Set(runs.map(({ planJson }) => planJson)).size).toBe(1)
  expect(runs[0]).toMatchObject({ version: 0, trigger: "sequence", bare: true, idempotencyKey: "" })
  expect(JSON.parse(runs[0]?.inputsJson ?? "")).toEqual({ payloads: [{ index: 0 }, { index: 1 }] })
})

test("who may start runs may start sequences; commands take who may write workflows", async () => {
  const ask = (role: string, type: string) =>
    send("POST", "/workflows", { role, body: { name: "roles", steps: steps(type) } })
  expect((await ask("viewer", "noop")).status).toBe(403)
  expect((await ask("operator", "noop")).status).toBe(201)
  expect((await ask("operator", "shell")).status).toBe(403)
  expect((await ask("developer", "shell")).status).toBe(201)
})

test("what an earlier release has kept without its files is refused at its start with what is to be done", async () => {
  const text = "name: early\ntasks:\n  two: { run: echo }\n"
  const verdict = await send("POST", "/workflows/validate", { body: { source: text } })
  expect(verdict.body).toMatchObject({ valid: true, notes: [] })
  expect((await send("POST", "/workflows", { body: { source: text } })).status).toBe(201)
  await house.database.run(
    (sql) => sql`
      update workflow.version set plan = (plan::jsonb || '{"constructs":["files"]}')::json
      where workflow_id in (select id from workflow.workflow where name = 'early')`,
  )
  const started = await send("POST", "/workflows/early/start", { body: {} })
  expect([started.status, started.body.code]).toEqual([422, "version.not_runnable"])
  expect(started.body.detail).toContain("push it again")
})

test("a workflow that tells somebody something is started as any other", async () => {
  const text =
    "name: tells\ntasks:\n  one: { uses: notify, with: { channel: in_app, to: a@b.c, message: hi } }\n  two: { run: echo }\n"
  const verdict = await send("POST", "/workflows/validate", { body: { source: text } })
  expect(verdict.body).toMatchObject({ valid: true, notes: [] })
  expect((await send("POST", "/workflows", { body: { source: text } })).status).toBe(201)
  expect((await send("POST", "/workflows/tells/start", { body: {} })).status).toBe(201)
})

test("a schedule keeps nobody from starting a workflow, and a default is evaluated at the start", async () => {
  const text =
    "name: daily\nschedule: [{ cron: '@daily' }]\ninputs: { day: { type: string, default: '${{ today() }}', format: date } }\ntasks: { one: { run: echo } }\n"
  expect((await send("POST", "/workflows", { body: { source: text } })).status).toBe(201)
  const started = await send("POST", "/workflows/daily/start", { body: {} })
  expect(started.status).toBe(201)
  expect(JSON.parse(house.desk.calls.at(-1)?.at(-1)?.inputsJson ?? "{}")).toEqual({
    day: new Date().toISOString().slice(0, 10),
  })
})
