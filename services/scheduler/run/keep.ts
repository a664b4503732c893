import type { Sql } from "#kernel/database/database.ts"
import { keptOf } from "#language/decide.ts"
import type { Plan } from "#language/plan.ts"
import { lastTaskRunId, taskRunId } from "#language/run-id.ts"
import type { Rerun } from "./start.ts"

/** A completed task of an earlier run, whose result a rerun takes over. */
export type KeptTask = {
  readonly id: string
  readonly task: string
  readonly outputs: Readonly<Record<string, unknown>> | null
}

export type KeptTasks = ReadonlyMap<number, KeptTask>

type Kept = {
  readonly workspace_id: string
  readonly plan: Plan
  readonly rerun: Rerun | null
}

/** Tasks are known again by their names: the plan may be a newer one. */
export const readKept = async (sql: Sql, { workspace_id, plan, rerun }: Kept): Promise<KeptTasks> => {
  if (!rerun || rerun.mode === "all") return new Map()
  return chooseKept({ plan, rerun }, await readCompleted(sql, workspace_id, rerun.of))
}

/** What a rerun takes over of what has completed. */
export const chooseKept = (
  { plan, rerun }: { readonly plan: Plan; readonly rerun: Rerun },
  completed: readonly KeptTask[],
): KeptTasks => {
  const places = new Map(plan.tasks.map(({ idx, name }) => [name, idx]))
  const found = new Map<number, KeptTask>()
  for (const task of completed) {
    const idx = places.get(task.task)
    if (idx !== undefined) found.set(idx, task)
  }
  const again = (idx: number) => rerun.mode === "from" && plan.tasks[idx]?.name === rerun.task
  const kept = keptOf(plan, new Set(found.keys()), again)
  return new Map([...found].filter(([idx]) => kept.has(idx)))
}

const readCompleted = (sql: Sql, workspace_id: string, run_id: string) =>
  sql<KeptTask>`
    select id, task, outputs
    from scheduler.task_run
    where id between ${taskRunId(run_id, 0)}::text::uuid and ${lastTaskRunId(run_id)}::text::uuid
      and workspace_id = ${workspace_id}::text::uuid and status = 'completed' and item is null`
