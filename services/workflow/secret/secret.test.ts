import { afterAll, beforeAll, expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { giveSecrets } from "./give.ts"
import { createVault } from "./vault.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Json = Record<string, unknown>
type More = { readonly body?: unknown; readonly role?: string; readonly workspace?: string }

const home = crypto.randomUUID()

const send = async (method: string, path: string, { body, role = "owner", workspace = home }: More = {}) => {
  const response = await house.app.request(`/api/v1/secrets${path}`, {
    method,
    headers: { authorization: `Bearer ${role}@${workspace}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, text, body: (text === "" ? {} : JSON.parse(text)) as Json }
}

const set = (name: string, value: string, more: More = {}) =>
  send("PUT", `/${name}`, { ...more, body: { value } })

/** As an attempt is given them whose task declares these. */
const give = (secrets: readonly string[], workspace_id = home) => {
  const task_run_id = crypto.randomUUID()
  house.desk.attempts.set(task_run_id, { workspace_id, secrets })
  return giveSecrets(house)({ task_run_id, token: 7n })
}

test("a secret is set, changed, listed by its name and deleted, and no answer has its value", async () => {
  const first = await set("API_TOKEN", "first-value")
  const second = await set("API_TOKEN", "second-value")
  expect([first.status, second.status]).toEqual([201, 200])
  expect(Object.keys(second.body).sort()).toEqual(["created_at", "name", "updated_at"])
  const list = await send("GET", "", { role: "operator" })
  expect((list.body.items as Json[]).map(({ name }) => name)).toEqual(["API_TOKEN"])
  expect(first.text + second.text + list.text).not.toContain("-value")
  expect((await send("GET", "/API_TOKEN")).status).toBe(404)
  expect(await give(["API_TOKEN"])).toEqual({ values: { API_TOKEN: "second-value" }, missing: [] })
  expect((await send("DELETE", "/API_TOKEN")).status).toBe(204)
  const gone = await send("DELETE", "/API_TOKEN")
  expect([gone.status, gone.body.code]).toEqual([404, "secret.not_found"])
  expect(await give(["API_TOKEN"])).toEqual({ values: {}, missing: ["API_TOKEN"] })
})

test("what can't be a secret is refused, and the refusal doesn't repeat it", async () => {
  const wrong = [
    await set("TOKEN", "abc"),
    await set("TOKEN", "value\0with-nul"),
    await set("TOKEN", "x".repeat(65_537)),
    await set("1TOKEN", "some-value"),
    await set("__proto__", "some-value"),
    await send("PUT", "/TOKEN", { body: { value: "some-value", more: 1 } }),
  ]
  expect(wrong.map(({ status }) => status)).toEqual([422, 422, 422, 422, 422, 422])
  for (const { text } of wrong) expect(text).not.toMatch(/with-nul|some-value|xxx/)
})

test("roles may do what the table says", async () => {
  expect((await set("ROLES", "some-value", { role: "operator" })).status).toBe(403)
  expect((await set("ROLES", "some-value", { role: "developer" })).status).toBe(201)
  expect((await send("GET", "", { role: "viewer" })).status).toBe(403)
  expect((await send("POST", "/rotate-key", { role: "developer" })).status).toBe(403)
})

test("nothing in the database tells a value, and another workspace's is not there", async () => {
  await set("HIDDEN", "a-value-nobody-sees")
  const rows = await house.database.run((sql) => sql<{ box: Uint8Array }>`select box from workflow.secret`)
  for (const { box } of rows) expect(Buffer.from(box).toString("latin1")).not.toContain("nobody")
  const elsewhere = crypto.randomUUID()
  expect((await send("GET", "", { workspace: elsewhere })).body.items).toEqual([])
  expect((await send("DELETE", "/HIDDEN", { workspace: elsewhere })).status).toBe(404)
  expect(await give(["HIDDEN"], elsewhere)).toEqual({ values: {}, missing: ["HIDDEN"] })
})

test("a box that was moved to another row, or copied to another workspace, doesn't open", async () => {
  await set("ONE", "value-of-one")
  await set("TWO", "value-of-two")
  await house.database.run(
    (sql) => sql`
      update workflow.secret set box = (select box from workflow.secret where name = 'ONE' limit 1)
      where name = 'TWO'`,
  )
  await expect(give(["TWO"])).rejects.toMatchObject({ code: "secret.unreadable" })
  await set("TWO", "value-of-two")
})

test("with another key file nothing opens, and it is said why", async () => {
  await set("KEYED", "some-value")
  const vault = createVault(platformKey(randomBytes(32).toString("base64")), house.kit)
  const task_run_id = crypto.randomUUID()
  house.desk.attempts.set(task_run_id, { workspace_id: home, secrets: ["KEYED"] })
  const failed = giveSecrets({ ...house, vault })({ task_run_id, token: 7n })
  await expect(failed).rejects.toMatchObject({ code: "secret.unreadable" })
})

test("a rotation encrypts every secret anew, also while others are set and given", async () => {
  const workspace = crypto.randomUUID()
  const names = Array.from({ length: 10 }, (_, index) => `SECRET_${index}`)
  for (const name of names) await set(name, `value of ${name}`, { workspace })
  const boxes = async () => {
    const rows = await house.database.run(
      (sql) => sql<{ box: Uint8Array }>`
        select box from workflow.secret where workspace_id = ${workspace}::text::uuid
        union all select box from workflow.data_key where workspace_id = ${workspace}::text::uuid`,
    )
    return new Set(rows.map(({ box }) => Buffer.from(box).toString("hex")))
  }
  const before = await boxes()
  const work = Array.from({ length: 8 }, (_, index) => [
    send("POST", "/rotate-key", { workspace }),
    set(`LATE_${index}`, `late value ${index}`, { workspace }),
    give(names, workspace),
  ]).flat()
  await Promise.all(work)
  for (const box of await boxes()) expect(before.has(box)).toBe(false)
  const late = Array.from({ length: 8 }, (_, index) => `LATE_${index}`)
  const { values, missing } = await give([...names, ...late], workspace)
  expect([missing, Object.keys(values).length]).toEqual([[], 18])
  for (const name of names) expect(values[name]).toBe(`value of ${name}`)
  expect((await send("POST", "/rotate-key", { workspace: crypto.randomUUID() })).body).toEqual({ rotated: 0 })
})

test("an attempt that doesn't run is given nothing", async () => {
  const asked = giveSecrets(house)({ task_run_id: crypto.randomUUID(), token: 7n })
  await expect(asked).rejects.toMatchObject({ code: "attempt.stale" })
})

test("a workspace's own worker is given what its attempt declares, if its role could have it shown", async () => {
  await set("REMOTE", "value-for-remote")
  const running = (workspace_id: string) => {
    const task_run_id = crypto.randomUUID()
    house.desk.attempts.set(task_run_id, { workspace_id, secrets: ["REMOTE", "MISSING"] })
    return { task_run_id, token: "7" }
  }
  const own = running(home)
  const given = await send("POST", "/give", { role: "developer", body: own })
  expect(given).toMatchObject({
    status: 200,
    body: { values: { REMOTE: "value-for-remote" }, missing: ["MISSING"] },
  })
  for (const role of ["viewer", "operator"]) {
    const refused = await send("POST", "/give", { role, body: own })
    expect([refused.status, refused.body.code]).toEqual([403, "auth.forbidden"])
  }
  const theirs = await send("POST", "/give", { body: running(crypto.randomUUID()) })
  expect([theirs.status, theirs.body.code]).toEqual([409, "attempt.stale"])
  const unknown = await send("POST", "/give", { body: { ...own, task_run_id: crypto.randomUUID() } })
  expect([unknown.status, unknown.body.code]).toEqual([409, "attempt.stale"])
  expect((await send("POST", "/give", { body: { ...own, token: "seven" } })).status).toBe(422)
})

test("a token that is for some queues is given secrets of what runs in these", async () => {
  await set("QUEUED", "value-for-queued")
  const inQueue = (queue: string) => {
    const task_run_id = crypto.randomUUID()
    house.desk.attempts.set(task_run_id, { workspace_id: home, queue, secrets: ["QUEUED"] })
    return { task_run_id, token: "7" }
  }
  const workspace = `${home}@mail`
  const given = await send("POST", "/give", { workspace, body: inQueue("mail") })
  expect(given).toMatchObject({ status: 200, body: { values: { QUEUED: "value-for-queued" } } })
  const refused = await send("POST", "/give", { workspace, body: inQueue("payments") })
  expect([refused.status, refused.body.code]).toEqual([403, "auth.other_queue"])
  expect(refused.text).not.toContain("value-for-queued")
})
