import type { Changes } from "#services/scheduler/memory/changes.ts"
import { wholeOf } from "#services/scheduler/memory/children.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import type { StoredRun, StoredTask, Tables } from "#services/scheduler/memory/tables.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"

/** A run that a task waits for begins while it does, ends it as it has ended, and is stopped where nobody waits any more. */
export const checkChildren = (changes: Changes): void => {
  const { tables } = changes
  for (const [id, before] of changes.tasks) {
    const task = tables.tasks.get(id)
    if (task?.wait?.for !== "workflow" || !isTerminal(task) || (before && isTerminal(before))) continue
    checkEnd(changes, task, tables.runs.get(task.wait.run_id))
  }
  for (const { kind, run_id } of changes.timers) {
    const run = kind === "stop" ? tables.runs.get(run_id ?? "") : undefined
    const isStopped = !run || isTerminal(run) || run.reason !== null
    demand(isStopped, () => `${run_id} was to be stopped, and is ${run?.status}`)
  }
  for (const [id, before] of changes.runs) if (before === undefined) checkBegin(tables, id)
  checkWholes(changes)
}

/** What a part tells in the step that begins it is read by PostgreSQL, and is not in these tables yet. */
const checkWholes = ({ tables, emissions, runs }: Changes): void => {
  for (const event of emissions) {
    if (!("run_id" in event.data) || runs.get(event.key) === undefined) continue
    const { whole_run_id } = event.data as { readonly whole_run_id?: string }
    const [whole] = wholeOf(tables, event.key)
    demand(
      whole_run_id === whole?.whole_run_id,
      () => `${event.type} of ${event.key}, a part of ${whole?.whole_run_id}, tells ${whole_run_id}`,
    )
  }
}

const checkBegin = (tables: Tables, id: string): void => {
  const run = tables.runs.get(id)
  if (run?.trigger !== "parent") return
  const task = tables.tasks.get(tables.children.get(id)?.task_run_id ?? "")
  const isAwaited = task?.status === "waiting" && task.wait?.for === "workflow" && task.wait.run_id === id
  demand(isAwaited, () => `${id} begins, and its task is ${task?.status}`)
  const whole = tables.runs.get(task?.run_id ?? "")?.status
  demand(whole === "running", () => `${id} begins, and what it is a part of is ${whole}`)
}

const checkEnd = ({ tables }: Changes, task: StoredTask, run: StoredRun | undefined): void => {
  if (task.status === "completed" || task.reason === "workflow.failed") {
    const wanted = task.status === "completed" ? "completed" : "failed"
    demand(run?.status === wanted, () => `${task.id} is ${task.status}, and its run is ${run?.status}`)
  }
  if (!run || isTerminal(run) || run.reason !== null) return
  const isStopped = [...tables.timers.values()].some(
    ({ kind, run_id }) => kind === "stop" && run_id === run.id,
  )
  demand(isStopped, () => `${task.id} is ${task.status}, and nothing stops ${run.id}`)
}
