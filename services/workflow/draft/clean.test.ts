import { afterAll, beforeAll, expect, test } from "bun:test"
import { systemKit } from "#kernel/service/kit.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { addDependency } from "./add-dependency.ts"
import { addTask } from "./add-task.ts"
import { cleanDrafts } from "./clean.ts"
import { createDraft } from "./create.ts"

let house: WorkflowHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const ada = given.actor(crypto.randomUUID(), "developer")

/** Two tasks, one behind the other. */
const draft = async (made_days: number, started_days: number | null): Promise<string> => {
  const drafting = { database: house.database, kit: systemKit() }
  const { id } = await createDraft(drafting)(ada, { name: "old" })
  const add = (name: string) => addTask(drafting)(ada, { workflow_id: id, name, type: "noop" })
  const [first, second] = [await add("first"), await add("second")]
  await addDependency(house.database)(ada, { task_id: second.id, depends_on_task_id: first.id })
  await house.database.run(
    (sql) => sql`
      update workflow.draft
      set created_at = now() - ${made_days}::float8 * interval '1 day',
        started_at = now() - ${started_days}::float8 * interval '1 day'
      where id = ${id}::text::uuid`,
  )
  return id
}

const left = async () => {
  const rows = await house.database.run(
    (sql) => sql<{ id: string; tasks: number }>`
      select id, (select count(*)::int from workflow.draft_task where draft_id = draft.id) as tasks
      from workflow.draft order by id`,
  )
  return rows.map(({ id, tasks }) => [id, tasks])
}

test("what was put together long ago goes with its tasks; what was started since then stays", async () => {
  await draft(100, null)
  await draft(100, 95)
  const lately = await draft(100, 2)
  const fresh = await draft(1, null)
  expect((await left()).length).toBe(4)
  expect(await cleanDrafts(house.database, 90)()).toBe(false)
  expect(await left()).toEqual([
    [lately, 2],
    [fresh, 2],
  ])
  const [row] = await house.database.run(
    (sql) => sql<{ count: number }>`select count(*)::int as count from workflow.draft_dependency`,
  )
  expect(row?.count).toBe(2)
})
