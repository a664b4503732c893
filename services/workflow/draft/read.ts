import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Graph, topological } from "#language/graph.ts"

export type DraftRow = {
  readonly id: string
  readonly workspace_id: string
  readonly name: string
  readonly tasks: number
  readonly dependencies: number
  readonly payload_chars: number
  readonly started_at: Date | null
  readonly run_id: string | null
  readonly created_at: Date
}

export const noDraft = (draft_id: string): Problem =>
  new Problem("workflow.not_found", { detail: `There is no workflow ${draft_id} in this workspace.` })

export const findDraft = async (
  sql: Sql,
  workspace_id: string,
  draft_id: string,
): Promise<DraftRow | undefined> => {
  const [row] = await sql<DraftRow>`
    select id, workspace_id, name, tasks, dependencies, payload_chars, started_at, run_id, created_at
    from workflow.draft
    where id = ${draft_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return row
}

/** What is put into a draft goes one after the other. */
export const lockDraft = async (sql: Sql, workspace_id: string, draft_id: string): Promise<DraftRow> => {
  const [row] = await sql<DraftRow>`
    select id, workspace_id, name, tasks, dependencies, payload_chars, started_at, run_id, created_at
    from workflow.draft
    where id = ${draft_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid
    for update`
  if (!row) throw noDraft(draft_id)
  return row
}

export const refuseStarted = ({ id, started_at }: DraftRow): void => {
  if (started_at === null) return
  throw new Problem("workflow.started", { detail: `The workflow ${id} was started, so it stays as it is.` })
}

export type DraftTaskRow = {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly payload: unknown
  readonly max_retries: number
  readonly depends_on: readonly string[]
  readonly created_at: Date
}

/** In the order of their making; what they depend on likewise. */
export const readTasks = (sql: Sql, draft_id: string): Promise<readonly DraftTaskRow[]> =>
  sql<DraftTaskRow>`
    select id, name, type, payload, max_retries, created_at,
      array(
        select depends_on_task_id::text from workflow.draft_dependency where task_id = draft_task.id order by 1
      ) as depends_on
    from workflow.draft_task
    where draft_id = ${draft_id}::text::uuid
    order by id`

export const graphOf = (tasks: readonly DraftTaskRow[]): Graph =>
  new Map(tasks.map(({ id, depends_on }) => [id, depends_on]))

/** The tasks in the order of the run's plan: the same for the same draft. */
export const inOrder = (tasks: readonly DraftTaskRow[]): readonly DraftTaskRow[] => {
  const known = new Map(tasks.map((task) => [task.id, task]))
  return topological(graphOf(tasks)).flatMap((id) => known.get(id) ?? [])
}
