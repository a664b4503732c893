import { list, type Sql } from "#kernel/database/database.ts"
import { lastTaskRunId } from "#language/run-id.ts"
import type { RunStatus } from "./moves.ts"
import type { Run, TaskRun } from "./shape.ts"

type RunRow = Omit<Run, "created_at" | "started_at" | "finished_at" | "tasks"> & {
  created_at: Date
  started_at: Date | null
  finished_at: Date | null
}

type TaskRow = Omit<TaskRun, "queued_at" | "started_at" | "finished_at"> & {
  queued_at: Date | null
  started_at: Date | null
  finished_at: Date | null
}

const time = (date: Date | null): string | null => date?.toISOString() ?? null

const runOfRow = (row: RunRow): Run => ({
  ...row,
  created_at: row.created_at.toISOString(),
  started_at: time(row.started_at),
  finished_at: time(row.finished_at),
})

const taskOfRow = (row: TaskRow): TaskRun => ({
  ...row,
  queued_at: time(row.queued_at),
  started_at: time(row.started_at),
  finished_at: time(row.finished_at),
})

export type RunFilter = {
  readonly workspace_id: string
  readonly status: string | null
  readonly workflow: string | null
  /** Only older than this run. */
  readonly before: string | null
  readonly limit: number
}

/** Newest first: ids sort by time of creation. */
export const readRuns = async (sql: Sql, filter: RunFilter): Promise<readonly Run[]> => {
  const rows = await sql<RunRow>`
    select id, workflow, version, status, reason, inputs, outputs, trigger, rerun_of, created_at, started_at, finished_at,
      case when trigger = 'parent' then (
        select json_build_object('run_id', parent_run_id, 'task_run_id', task_run_id, 'task', task)
        from scheduler.child where child.run_id = run.id
      ) end as parent
    from scheduler.run
    where workspace_id = ${filter.workspace_id}::text::uuid
      and (${filter.status}::text is null or status = ${filter.status}::text)
      and (${filter.workflow}::text is null or workflow = ${filter.workflow}::text)
      and (${filter.before}::text is null or id < ${filter.before}::text::uuid)
    order by id desc
    limit ${filter.limit}::int`
  return rows.map(runOfRow)
}

export const readRun = async (sql: Sql, workspace_id: string, run_id: string): Promise<Run | undefined> => {
  const [row] = await sql<RunRow>`
    select id, workflow, version, status, reason, inputs, outputs, trigger, rerun_of, created_at, started_at, finished_at,
      case when trigger = 'parent' then (
        select json_build_object('run_id', parent_run_id, 'task_run_id', task_run_id, 'task', task)
        from scheduler.child where child.run_id = run.id
      ) end as parent
    from scheduler.run
    where id = ${run_id}::text::uuid and workspace_id = ${workspace_id}::text::uuid`
  return row && runOfRow(row)
}

type WholeRun = Run & { readonly tasks: TaskRun[] }

/** A run with its task runs. */
export const readWholeRun = async (
  sql: Sql,
  workspace_id: string,
  run_id: string,
): Promise<WholeRun | undefined> => {
  const run = await readRun(sql, workspace_id, run_id)
  return run && { ...run, tasks: [...(await readTaskRuns(sql, run_id))] }
}

type TaskPage = { readonly after?: string; readonly limit?: number | null }

/** In the order of the plan; all of them, or a page. */
export const readTaskRuns = async (
  sql: Sql,
  run_id: string,
  { after = run_id, limit = null }: TaskPage = {},
): Promise<readonly TaskRun[]> => {
  const rows = await sql<TaskRow>`
    select id, run_id, task, type, item, status, reason, attempt, max_retries, worker_id, outputs, error,
      wait, reused_from, queued_at, started_at, finished_at
    from scheduler.task_run
    where id > greatest(${run_id}::text::uuid, ${after}::text::uuid)
      and id <= ${lastTaskRunId(run_id)}::text::uuid
    order by id
    limit ${limit}::int`
  return rows.map(taskOfRow)
}

/** Of those that are there. */
export const readStatuses = (sql: Sql, run_ids: readonly string[]) =>
  sql<{ id: string; status: RunStatus }>`
    select id, status from scheduler.run where id = any(${list(run_ids)}::text::uuid[])`
