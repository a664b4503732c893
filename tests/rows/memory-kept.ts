import type { KnownFact } from "#services/scheduler/memory/changes.ts"
import { epoch_ms, type StoredRun, type StoredTask, type Tables } from "#services/scheduler/memory/tables.ts"
import { eventsIn, type Kept, plain } from "./ground.ts"

/** What memory has, as PostgreSQL's tables would have it. */
export const keptIn = (tables: Tables, facts: readonly KnownFact[]): Kept =>
  plain({
    runs: [...tables.runs.values()].map(runOf).sort(by("id")),
    tasks: [...tables.tasks.values()].map(taskOf).sort(by("id")),
    ready: [...tables.ready.values()].map(({ seq: _, ...row }) => row),
    blocked: [...tables.blocked]
      .map(([task_run_id, { run_id }]) => ({ task_run_id, run_id }))
      .sort(by("task_run_id")),
    timers: timersOf(tables),
    claims: [...tables.claims.values()]
      .map((claim) => ({ ...claim, ids: [...claim.ids].sort() }))
      .sort((one, other) => Number(one.token) - Number(other.token)),
    signals: [...tables.signals].map(([key, data]) => ({ key, data })).sort(by("key")),
    children: [...tables.children].map(([run_id, row]) => ({ run_id, ...row })).sort(by("run_id")),
    cache_keys: [...tables.cache_keys].map(([id, key]) => ({ id, key: key.split(" ")[1] })).sort(by("id")),
    dead_letters: [...tables.dead_letters.values()].sort(by("id")),
    events: eventsIn(facts),
  })

const by =
  <Row>(column: keyof Row) =>
  (one: Row, other: Row): number => {
    if (one[column] === other[column]) return 0
    return one[column] < other[column] ? -1 : 1
  }

const runOf = (run: StoredRun) => {
  const { id, workspace_id, workflow, version, plan_id, inputs, trigger, rerun_of } = run
  const { status, reason, revision, open, bad, seq, gate_key, outputs } = run
  return {
    ...{ id, workspace_id, workflow, version, plan_id, inputs, trigger, rerun_of },
    ...{ status, reason, revision, open, bad, seq, gate_key, outputs },
  }
}

const taskOf = (task: StoredTask) => {
  const { id, run_id, idx, item, workspace_id, type, queue, slot, priority, max_retries, gate_key } = task
  const { settings, payload, status, reason, token, attempt, lost, returned, cancel, outputs, wait } = task
  const { needs_left, needs_bad, reused_from } = task
  const queued_ms = Math.max(task.queued_ms - epoch_ms, 0)
  return {
    ...{ id, run_id, idx, item, workspace_id, task: task.task, type, queue, slot, priority, max_retries },
    ...{ gate_key, settings, payload, status, reason, token, attempt, lost, returned, cancel, outputs, wait },
    ...{ needs_left, needs_bad, queued_ms, reused_from },
  }
}

const timersOf = ({ timers }: Tables) =>
  [...timers.values()]
    .map(({ due_ms, kind, task_run_id, run_id }) => ({ due_ms, kind, task_run_id, run_id }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
