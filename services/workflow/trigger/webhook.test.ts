import { afterAll, beforeAll, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { given, type WorkflowHouse } from "../given.ts"
import { cleanDeliveries } from "./clean.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Json = Record<string, unknown>
type More = { body?: unknown; role?: string; workspace?: string }

const home = crypto.randomUUID()

const send = async (
  method: string,
  path: string,
  { body, role = "developer", workspace = home }: More = {},
) => {
  const headers = { authorization: `Bearer ${role}@${workspace}`, "content-type": "application/json" }
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
  const response = await house.app.request(`/api/v1${path}`, init)
  return { status: response.status, body: (await response.json()) as Json }
}

const push = (name: string, triggers: string, more: More = {}) => {
  const shown = triggers === "" ? "" : `triggers:\n${triggers}`
  const source = `name: ${name}\nsecrets: [HOOK]\ninputs:\n  ref: { type: string }\n${shown}tasks:\n  one: { uses: noop }\n`
  return send("POST", "/workflows", { ...more, body: { source } })
}

const hooksOf = async (workflow: string) =>
  (await send("GET", `/hooks?workflow=${workflow}`)).body.items as Json[]

const pathOf = async (workflow: string) => String((await hooksOf(workflow))[0]?.path)

type Request = { readonly headers?: Record<string, string>; readonly query?: string }

const deliver = async (
  path: string,
  body: string | Uint8Array,
  { headers = {}, query = "" }: Request = {},
) => {
  const response = await house.app.request(`${path}${query}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: body as string,
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const secret = "a secret of some length"
const signing = async () => {
  await send("PUT", "/secrets/HOOK", { body: { value: secret } })
}
const hex = (text: string) => createHmac("sha256", secret).update(text).digest("hex")

const standard = (id: string, body: string, at_s = Math.floor(Date.now() / 1000)) => {
  const mac = createHmac("sha256", secret).update(`${id}.${at_s}.${body}`).digest("base64")
  return {
    "webhook-id": id,
    "webhook-timestamp": String(at_s),
    "webhook-signature": `v1,${Buffer.alloc(32).toString("base64")} v1,${mac}`,
  }
}

const started = (workflow: string) => house.desk.calls.flat().filter((run) => run.workflow === workflow)

test("a request begins a run, with inputs made of it", async () => {
  await push(
    "deploy",
    "  - { type: webhook, if: \"trigger.body.ref.startsWith('refs/')\", inputs: { ref: \"${{ trigger.body.ref }} ${{ trigger.headers['x-github-event'] }} ${{ trigger.query.env }} ${{ date(trigger.at) == today() }}\" } }\n",
  )
  const request = { query: "?env=test", headers: { "x-github-event": "push" } }
  const answer = await deliver(await pathOf("deploy"), '{"ref":"refs/heads/main"}', request)
  const [run] = started("deploy")
  expect([answer.status, answer.body]).toEqual([202, { run_id: run?.runId }])
  expect(run).toMatchObject({ trigger: "webhook", version: 1, workspaceId: home })
  expect(JSON.parse(run?.inputsJson ?? "")).toEqual({ ref: "refs/heads/main push test true" })
  const skipped = await deliver(await pathOf("deploy"), '{"ref":"main"}')
  expect([skipped.status, skipped.body]).toEqual([202, { skipped: "its `if` is not true" }])
  expect((await hooksOf("deploy"))[0]?.last).toMatchObject({
    status: "skipped",
    reason: "its `if` is not true",
  })
})

test("what can't be evaluated is named, each place of it", async () => {
  await push(
    "mapped",
    '  - { type: webhook, if: "trigger.body.a", inputs: { ref: "${{ trigger.body.b.c }}" } }\n',
  )
  const answer = await deliver(await pathOf("mapped"), '{"a":"text"}')
  expect([answer.status, answer.body.code]).toEqual([422, "hook.not_mapped"])
  expect((answer.body.errors as Json[]).map(({ path }) => path)).toEqual(["if", "inputs.ref"])
  expect((await hooksOf("mapped"))[0]?.last).toMatchObject({ status: "failed" })
  expect(started("mapped")).toHaveLength(0)
})

test("an address that nobody has is not there, nor is that of an archived workflow or a trigger that has gone", async () => {
  await push("leaving", "  - { type: webhook, name: push }\n")
  const path = await pathOf("leaving")
  expect((await deliver("/hooks/wfh_nobody", "{}")).body.code).toBe("hook.not_found")
  expect((await deliver(`${path}x`, "{}")).status).toBe(404)
  await send("POST", "/workflows/leaving/archive")
  expect((await deliver(path, "{}")).status).toBe(404)
  await send("POST", "/workflows/leaving/restore")
  expect((await deliver(path, "{}")).status).toBe(202)
  await push("leaving", "")
  expect((await deliver(path, "{}")).status).toBe(404)
  expect(await hooksOf("leaving")).toEqual([])
})

test("a webhook keeps its address over pushes by its name, until it is rotated", async () => {
  await push("kept", "  - { type: webhook, name: push }\n")
  const path = await pathOf("kept")
  await push(
    "kept",
    "  - { type: webhook, name: other }\n  - { type: webhook, name: push, secret: HOOK, signature: { scheme: github } }\n",
  )
  const [other, kept] = await hooksOf("kept")
  expect([kept?.path, kept?.secret, kept?.scheme]).toEqual([path, "HOOK", "github"])
  expect(other?.path).not.toBe(path)
  expect((await send("POST", "/hooks/kept/other/rotate", { role: "operator" })).status).toBe(403)
  expect((await send("POST", "/hooks/kept/other/rotate", { workspace: crypto.randomUUID() })).status).toBe(
    404,
  )
  const rotated = await send("POST", "/hooks/kept/other/rotate")
  expect([rotated.status, rotated.body.path === other?.path]).toEqual([200, false])
  expect((await deliver(String(other?.path), "{}")).status).toBe(404)
  expect((await deliver(String(rotated.body.path), "{}")).status).toBe(202)
})

test("addresses are shown to those who may write workflows, and nothing in the database tells one", async () => {
  await push("hidden", "  - { type: webhook }\n")
  const path = await pathOf("hidden")
  for (const role of ["viewer", "operator"]) {
    expect((await send("GET", "/hooks", { role })).status).toBe(403)
  }
  expect((await send("GET", "/hooks", { workspace: crypto.randomUUID() })).body.items).toEqual([])
  const rows = await house.database.run(
    (sql) => sql<{ all: string }>`select row_to_json(trigger)::text as all from workflow.trigger`,
  )
  for (const { all } of rows) expect(all).not.toContain(path.slice(7))
  const first = await send("GET", "/hooks?limit=1")
  const second = await send("GET", `/hooks?limit=1&cursor=${first.body.next_cursor}`)
  const [[one], [two]] = [first.body.items as Json[], second.body.items as Json[]]
  expect(one?.id).not.toBe(two?.id)
})

test("standard webhooks: what is signed, and now, is taken; the rest is refused and says why to its owner", async () => {
  await push("standard", "  - { type: webhook, secret: HOOK }\n")
  const path = await pathOf("standard")
  const early = await deliver(path, "{}", { headers: standard("one", "{}") })
  expect([early.status, early.body.detail]).toEqual([
    401,
    "the secret HOOK is not set: nothing can be signed by it",
  ])
  await signing()
  const now = Math.floor(Date.now() / 1000)
  const wrong: Record<string, string>[] = [
    {},
    standard("one", "{ }"),
    standard("one", "{}", now - 301),
    standard("one", "{}", now + 310),
    { ...standard("one", "{}"), "webhook-id": "two" },
    { ...standard("one", "{}"), "webhook-timestamp": "NaN" },
    { ...standard("one", "{}"), "webhook-signature": "v1,====" },
    { ...standard("one", "{}"), "webhook-signature": "" },
    { "x-hub-signature-256": `sha256=${hex("{}")}` },
  ]
  for (const headers of wrong) {
    const refused = await deliver(path, "{}", { headers })
    expect([refused.status, refused.body.code]).toEqual([401, "hook.not_signed"])
  }
  expect((await hooksOf("standard"))[0]?.last).toMatchObject({ status: "refused" })
  expect(started("standard")).toHaveLength(0)
  const headers = standard("one", "{}")
  expect((await deliver(path, "{}", { headers })).status).toBe(202)
})

test("the same delivery begins one run, also when it is sent at the same time", async () => {
  await signing()
  await push("again", "  - { type: webhook, secret: HOOK }\n")
  const path = await pathOf("again")
  const answers = await Promise.all(
    [1, 2, 3].map(() => deliver(path, "{}", { headers: standard("same", "{}") })),
  )
  answers.push(await deliver(path, "{}", { headers: standard("same", "{}") }))
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202])
  expect(new Set(answers.map(({ body }) => body.run_id)).size).toBe(1)
  const other = await deliver(path, "{}", { headers: standard("other", "{}") })
  expect(other.body.run_id).not.toBe(answers[0]?.body.run_id)
})

test("signatures of GitHub, of Stripe and in a header of one's own are checked", async () => {
  await signing()
  const now = Math.floor(Date.now() / 1000)
  const old = now - 1_000
  const cases = [
    ["github", "scheme: github", { "x-hub-signature-256": `sha256=${hex("{}")}` }, 202],
    ["github", "scheme: github", { "x-hub-signature-256": `sha256=${hex("[]")}` }, 401],
    ["github", "scheme: github", { "x-hub-signature": `sha1=${hex("{}")}` }, 401],
    ["own", "scheme: hmac_sha256, header: X-Mine", { "x-mine": hex("{}").toUpperCase() }, 202],
    ["own", "scheme: hmac_sha256, header: X-Mine", { "x-mine": hex("{}").slice(0, 32) }, 401],
    ["stripe", "scheme: stripe", { "stripe-signature": `t=${now},v1=${hex(`${now}.{}`)}` }, 202],
    ["stripe", "scheme: stripe", { "stripe-signature": `t=${old},v1=${hex(`${old}.{}`)}` }, 401],
  ] as const
  for (const [name, signature, headers, status] of cases) {
    await push(name, `  - { type: webhook, secret: HOOK, signature: { ${signature} } }\n`)
    expect([name, headers, (await deliver(await pathOf(name), "{}", { headers })).status]).toEqual([
      name,
      headers,
      status,
    ])
  }
})

test("hostile bodies are refused, and begin nothing", async () => {
  await push("hostile", '  - { type: webhook, inputs: { ref: "${{ string(trigger.body) }}" } }\n')
  const path = await pathOf("hostile")
  const cases: readonly (readonly [string | Uint8Array, number])[] = [
    [`"${"x".repeat(1024 * 1024)}"`, 413],
    ["{", 400],
    [new Uint8Array([0x22, 0xff, 0xfe, 0x22]), 400],
    [`${"[".repeat(50_000)}${"]".repeat(50_000)}`, 422],
    ['{"__proto__":{"a":1}}', 422],
    ['"\\u0000"', 422],
    ['"\\ud800"', 422],
  ]
  for (const [body, status] of cases) expect((await deliver(path, body)).status).toBe(status)
  expect(started("hostile")).toHaveLength(0)
})

test("credentials in headers are nowhere to be read; bodies are what their type says", async () => {
  const shown = "${{ toJson(trigger.headers) }} ${{ toJson(trigger.body) }}"
  await push("headers", `  - { type: webhook, inputs: { ref: '${shown}' } }\n`)
  const path = await pathOf("headers")
  const headers = {
    ...{ authorization: "Bearer key-1", cookie: "key-2", "x-gitlab-token": "key-3", "x-api-key": "key-4" },
    ...{ "x-hub-signature-256": "key-5", "x-forwarded-for": "10.0.0.1", "x-event-key": "pr:opened" },
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
  }
  expect((await deliver(path, "a=1&b=two", { headers })).status).toBe(202)
  await deliver(path, "plain", { headers: { "content-type": "text/plain" } })
  await deliver(path, "", {})
  const [form, plain, nothing] = started("headers").map(
    ({ inputsJson }) => (JSON.parse(inputsJson) as Json).ref as string,
  )
  expect(form).not.toMatch(/key-\d|10\.0\.0\.1/)
  expect(form).toContain('"x-event-key":"pr:opened"')
  expect(form).toEndWith(' {"a":"1","b":"two"}')
  expect([plain?.endsWith(' "plain"'), nothing?.endsWith(" null")]).toEqual([true, true])
})

const detailOf = async (hook: string, more: More = {}) => send("GET", `/hooks/${hook}`, more)

test("of a webhook's requests the newest fifty are shown, each with what became of it", async () => {
  await push(
    "noted",
    '  - { type: webhook, if: "trigger.body.ok", inputs: { ref: "${{ trigger.body.ref }}" } }\n',
  )
  const path = await pathOf("noted")
  await deliver(path, '{"ok":true,"ref":"one"}')
  await deliver(path, '{"ok":false}')
  await deliver(path, "no JSON")
  const [run] = started("noted")
  const { status, body } = await detailOf("noted/1")
  expect(status).toBe(200)
  expect(body).toMatchObject({ workflow: "noted", name: "1", type: "webhook", path })
  expect(body.deliveries).toMatchObject([
    { status: "failed", reason: expect.stringMatching(/^request.malformed: /), run_id: null },
    { status: "skipped", reason: "its `if` is not true", run_id: null },
    { status: "started", reason: null, run_id: run?.runId },
  ])
  for (let index = 0; index < 60; index += 1) await deliver(path, `{"ok":true,"ref":"${index}"}`)
  const { deliveries } = (await detailOf("noted/1")).body
  expect((deliveries as Json[]).map((one) => one.status)).toEqual(Array(50).fill("started"))
  const kept = await house.database.run((sql) => sql`select from workflow.delivery`)
  expect(kept.length).toBeLessThan(100)
  expect((await detailOf("noted/1", { role: "operator" })).status).toBe(403)
  expect((await detailOf("noted/1", { workspace: crypto.randomUUID() })).status).toBe(404)
  expect((await detailOf("noted/2")).status).toBe(404)
})

test("a webhook that is sent more than it takes refuses the rest, and others don't notice", async () => {
  await push("flooded", "  - { type: webhook }\n")
  await push("beside", "  - { type: webhook }\n")
  const path = await pathOf("flooded")
  const statuses = new Map<number, number>()
  const send_many = Array.from({ length: 150 }, async () => {
    const response = await house.app.request(path, { method: "POST", body: "{}" })
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
    return response
  })
  const responses = await Promise.all(send_many)
  const refused = responses.filter((response) => response.status === 429)
  expect(statuses.get(202)).toBeGreaterThanOrEqual(100)
  expect(refused.length).toBeGreaterThan(10)
  expect(refused[0]?.headers.get("retry-after")).toBe("1")
  expect(await refused[0]?.json()).toMatchObject({
    code: "hook.too_many",
    detail: "A webhook takes 10 requests a second, and up to 100 at once after a pause.",
  })
  expect(started("flooded")).toHaveLength(statuses.get(202) ?? 0)
  await house.database.run(
    (sql) => sql`
      with forgotten as (delete from workflow.delivery)
      update workflow.trigger set turn_at = now() + interval '1 minute' where name = '1' and turn_at is not null`,
  )
  for (let index = 0; index < 3; index += 1) expect((await deliver(path, "{}")).status).toBe(429)
  const { deliveries, last } = (await detailOf("flooded/1")).body
  const noted = { status: "refused", reason: expect.stringMatching(/^hook.too_many: /), run_id: null }
  expect(deliveries).toMatchObject([noted])
  expect(last).toMatchObject(noted)
  expect((await deliver(await pathOf("beside"), "{}")).status).toBe(202)
  await house.database.run((sql) => sql`update workflow.trigger set turn_at = now()`)
  expect((await deliver(path, "{}")).status).toBe(202)
})

test("what is old of the deliveries is removed", async () => {
  await push("aged", "  - { type: webhook }\n")
  await deliver(await pathOf("aged"), "{}")
  await house.database.run(
    (sql) => sql`
      update workflow.delivery set at = at - interval '91 days'
      where trigger_id = (select id from workflow.trigger where workflow_id =
        (select id from workflow.workflow where name = 'aged'))`,
  )
  await deliver(await pathOf("aged"), "{}")
  await cleanDeliveries(house.database, 90)()
  expect((await detailOf("aged/1")).body.deliveries).toHaveLength(1)
})

test("in an archived workspace a request begins nothing, and is told so", async () => {
  await push("resting", "  - { type: webhook }\n")
  const path = await pathOf("resting")
  house.archived.add(home)
  const refused = await deliver(path, "{}")
  house.archived.clear()
  expect([refused.status, refused.body.code, started("resting")]).toEqual([409, "workspace.archived", []])
  expect((await deliver(path, "{}")).status).toBe(202)
})
