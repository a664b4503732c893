import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type WorkflowHouse } from "../given.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

type Json = Record<string, unknown>
const home = crypto.randomUUID()

const send = async (method: string, path: string, body?: unknown) => {
  const response = await house.app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer developer@${home}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const push = (text: string) =>
  send("POST", "/workflows", {
    source: `name: old\nschedule: [{ cron: "0 3 * * *" }]\ntasks:\n  one: { run: echo ${text} }\n`,
  })

const names = async (query = "") =>
  ((await send("GET", `/workflows${query}`)).body.items as Json[]).map(({ name }) => name)

const nextAt = async () => (await send("GET", "/schedules/old")).body.next_at

test("an archived workflow isn't listed, started or due; its versions can still be read", async () => {
  await push("one")
  const next_at = await nextAt()
  const archived = await send("POST", "/workflows/old/archive")
  expect([archived.status, archived.body.archived_at]).toEqual([200, expect.any(String)])
  expect([await names(), await names("?archived=true")]).toEqual([[], ["old"]])
  expect(await nextAt()).toBeNull()
  for (const path of ["/workflows/old/start", "/runs"]) {
    const refused = await send("POST", path, path === "/runs" ? { workflow: "old", version: 1 } : {})
    expect([refused.status, refused.body.code]).toEqual([409, "workflow.archived"])
  }
  const made = await send("POST", "/schedules", { name: "x", workflow: "old", cron: "@daily" })
  expect([made.status, made.body.code]).toEqual([409, "workflow.archived"])
  expect((await send("GET", "/workflows/old/versions/1")).status).toBe(200)
  const restored = await send("POST", "/workflows/old/restore")
  expect([restored.body.archived_at, await names(), await nextAt()]).toEqual([null, ["old"], next_at])
  expect((await send("POST", "/workflows/old/start", {})).status).toBe(201)
})

test("a new version brings an archived workflow and its schedules back", async () => {
  await send("POST", "/workflows/old/archive")
  expect((await push("two")).status).toBe(201)
  expect([await names(), typeof (await nextAt())]).toEqual([["old"], "string"])
})

test("what isn't there can't be archived", async () => {
  const answer = await send("POST", "/workflows/nothing/archive")
  expect([answer.status, answer.body.code]).toEqual([404, "workflow.not_found"])
})
