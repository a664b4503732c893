import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type WorkflowHouse } from "../given.ts"
import { listTags } from "./tags.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

test("the tags of latest versions are listed, of one's own workspace alone", async () => {
  const workspace_id = crypto.randomUUID()
  const push = (source: string) =>
    house.app.request("/api/v1/workflows", {
      method: "POST",
      headers: { authorization: `Bearer owner@${workspace_id}`, "content-type": "application/json" },
      body: JSON.stringify({ source }),
    })
  const tasks = "tasks:\n  one: { run: echo }\n"
  for (const source of [
    `name: a\ntags: [old]\n${tasks}`,
    `name: a\ntags: [new, etl]\n${tasks}`,
    `name: b\n${tasks}`,
  ])
    expect((await push(source)).status).toBe(201)
  const list = listTags(house.database)
  const found = await list({ workspace_id, workflows: ["a", "b", "nothing"] })
  expect(found.toSorted((one, other) => one.workflow.localeCompare(other.workflow))).toEqual([
    { workflow: "a", tags: ["new", "etl"] },
    { workflow: "b", tags: [] },
  ])
  expect(await list({ workspace_id: crypto.randomUUID(), workflows: ["a"] })).toEqual([])
})
