import { list, type Sql } from "#kernel/database/database.ts"
import type { Slot } from "#language/slots.ts"
import { mayTake, type Taker } from "../lane/taker.ts"
import type { TaskRun } from "./shape.ts"

const max_looked_at = 1_000

/** Says of queued tasks that no worker that lives can take them that this is why they wait. */
export const withUntaken = async <Task extends TaskRun>(
  sql: Sql,
  workspace_id: string,
  tasks: readonly Task[],
): Promise<Task[]> => {
  const queued = tasks.filter(({ status, reason }) => status === "queued" && reason === null)
  if (queued.length === 0) return [...tasks]
  const special = await readSpecial(sql, queued.slice(0, max_looked_at))
  if (special.length === 0) return [...tasks]
  const takers = await readTakers(sql, workspace_id)
  const untaken = new Set(
    special
      .filter((lane) => !takers.some((taker) => mayTake(taker, { ...lane, workspace_id })))
      .map(({ id }) => id),
  )
  return tasks.map((task) => (untaken.has(task.id) ? { ...task, reason: "no_worker" } : task))
}

type Special = { readonly id: string; readonly queue: string; readonly slot: Slot }

/** Those that not every worker may take. */
const readSpecial = (sql: Sql, tasks: readonly Pick<TaskRun, "id">[]) =>
  sql<Special>`
    select id, queue, slot from scheduler.task_run
    where id = any(${list(tasks.map(({ id }) => id))}::text::uuid[]) and slot not in ('process', 'inline')
      and status = 'queued'`

const readTakers = (sql: Sql, workspace_id: string) =>
  sql<Taker>`
    select queues, workspace_id, takes, labels from scheduler.session
    where not ended and lease_until > now()
      and (workspace_id is null or workspace_id = ${workspace_id}::text::uuid)`
