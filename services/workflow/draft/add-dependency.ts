import { type Actor, allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { cycles } from "#language/graph.ts"
import { limits } from "#language/limits.ts"
import { graphOf, lockDraft, readTasks, refuseStarted } from "./read.ts"
import type { Dependency } from "./shape.ts"

/** The same one twice is one; one that would close a cycle is refused with the cycle. */
export const addDependency =
  (database: Database) =>
  async (actor: Actor, wanted: Dependency): Promise<Dependency> => {
    allow(actor, "run.start")
    return database.tx(async (sql) => {
      const draft_id = await draftOf(sql, actor.workspace_id, wanted)
      const draft = await lockDraft(sql, actor.workspace_id, draft_id)
      refuseStarted(draft)
      if (draft.dependencies >= limits.max_edges) {
        const detail = `A workflow has at most ${limits.max_edges} dependencies.`
        throw new Problem("request.invalid", { detail })
      }
      if (await closesCycle(sql, wanted)) throw await cycleOf(sql, draft_id, wanted)
      await insertDependency(sql, draft_id, wanted)
      return wanted
    })
  }

const draftOf = async (sql: Sql, workspace_id: string, wanted: Dependency): Promise<string> => {
  const { task_id, depends_on_task_id } = wanted
  const rows = await sql<{ id: string; draft_id: string }>`
    select draft_task.id, draft_id
    from workflow.draft_task join workflow.draft on draft.id = draft_id
    where draft_task.id = any(${list([task_id, depends_on_task_id])}::text::uuid[])
      and workspace_id = ${workspace_id}::text::uuid`
  const places = new Map(rows.map((row) => [row.id, row.draft_id]))
  const [one, other] = [task_id, depends_on_task_id].map((id) => {
    const draft_id = places.get(id.toLowerCase())
    if (draft_id !== undefined) return draft_id
    throw new Problem("task.not_found", { detail: `There is no task ${id} in this workspace.` })
  })
  if (one === other && one !== undefined) return one
  throw new Problem("request.invalid", { detail: "The two tasks are not of the same workflow." })
}

/** A task that nothing depends on closes none: so building from the first task to the last stays cheap. */
const closesCycle = async (sql: Sql, { task_id, depends_on_task_id }: Dependency): Promise<boolean> => {
  const [row] = await sql<{ closes: boolean }>`
    with recursive before as (
      select ${depends_on_task_id}::text::uuid as id
      where ${task_id}::text::uuid = ${depends_on_task_id}::text::uuid
        or exists (select from workflow.draft_dependency where depends_on_task_id = ${task_id}::text::uuid)
      union
      select depends_on_task_id from before join workflow.draft_dependency on task_id = before.id
    )
    select exists (select from before where id = ${task_id}::text::uuid) as closes`
  return row?.closes === true
}

const max_named = 20

const cycleOf = async (sql: Sql, draft_id: string, wanted: Dependency): Promise<Problem> => {
  const tasks = await readTasks(sql, draft_id)
  const names = new Map(tasks.map(({ id, name }) => [id, name]))
  const [task_id, depends_on_task_id] = [wanted.task_id, wanted.depends_on_task_id].map((id) =>
    id.toLowerCase(),
  )
  const graph = new Map(graphOf(tasks))
  const needs = graph.get(task_id ?? "") ?? []
  graph.set(task_id ?? "", [...needs, depends_on_task_id ?? ""])
  const cycle = (cycles(graph, 1)[0] ?? []).map((id) => names.get(id) ?? id)
  const named = cycle.length > max_named ? [...cycle.slice(0, max_named), "…"] : [...cycle, cycle[0]]
  const message = `this closes a cycle: ${named.join(" → ")}`
  return new Problem("workflow.invalid", {
    errors: [{ path: "depends_on_task_id", message }],
    detail: message,
  })
}

const insertDependency = async (sql: Sql, draft_id: string, wanted: Dependency): Promise<void> => {
  await sql`
    with made as (
      insert into workflow.draft_dependency (task_id, depends_on_task_id)
      values (${wanted.task_id}::text::uuid, ${wanted.depends_on_task_id}::text::uuid)
      on conflict do nothing
      returning task_id
    )
    update workflow.draft set dependencies = dependencies + 1 from made where id = ${draft_id}::text::uuid`
}
