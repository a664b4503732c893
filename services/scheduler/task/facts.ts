import type { Sql } from "#kernel/database/database.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { emit } from "#kernel/outbox/emit.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { LockedRun } from "../run/lock.ts"
import { recordEvents } from "../run/record.ts"
import type { CancelledTask } from "../run/stop.ts"
import type { Claimed } from "./claim.ts"
import { type Gathered, taskFact, tell } from "./gathered.ts"
import { type Ready, wakeUps } from "./ready.ts"
import type { Settled } from "./settle.ts"
import { tellSettled } from "./tell-settled.ts"
import { type SkippedTask, tellCancelled, tellSkipped } from "./tell-unbegun.ts"

/** Gathers what a transaction has made true, numbers it within each run, and writes it all at its end. */
export type Facts = {
  /** What became claimable. */
  readonly ready: Ready[]
  claimed(task: Claimed, run: LockedRun): void
  settled(settled: readonly Settled[], runs: ReadonlyMap<string, LockedRun>): void
  runStarted(run: LockedRun, trigger: string): void
  skipped(task: SkippedTask, run: LockedRun): void
  cancelled(task: CancelledTask, run: LockedRun): void
  runEnded(run: LockedRun): void
  /** Events and outbox: the last inserts of the transaction. */
  publish(sql: Sql): Promise<void>
}

export const gatherFacts = (kit: Kit): Facts => {
  const gathered: Gathered = { now: kit.now(), events: [], emissions: [], ready: [], traces: new Map() }
  const { events, emissions, ready, traces } = gathered
  const at = gathered.now.toISOString()
  return {
    ready,
    claimed(task, run) {
      const data = { ...taskFact(gathered, task, task.attempt), worker_id: task.worker_id }
      const id = derivedId(task.id, `started.${task.token}`)
      emissions.push({ type: "task.started", id, key: task.run_id, data })
      const { attempt, worker_id } = task
      const told = { attempt, worker_id }
      tell(gathered, { run, type: "task.started", task: task.task, status: "running", data: told })
    },
    settled(settled, runs) {
      for (const one of settled) {
        const run = runs.get(one.held.run_id)
        if (run) tellSettled(gathered, one, run)
      }
    },
    runStarted(run, trigger) {
      const { id, workspace_id, workflow, version } = run
      const data = { run_id: id, workspace_id, workflow, version, trigger, started_at: at }
      emissions.push({ type: "workflow.started", id: derivedId(id, "workflow.started"), key: id, data })
      tell(gathered, { run, type: "workflow.started", task: null, status: "running", data: { trigger } })
    },
    skipped: (task, run) => tellSkipped(gathered, task, run),
    cancelled: (task, run) => tellCancelled(gathered, task, run),
    runEnded(run) {
      const { id, workspace_id, workflow, version, reason, started_at } = run
      const status = run.status as "completed" | "failed" | "cancelled"
      const ended = { status, reason, started_at, finished_at: at }
      const data = { run_id: id, workspace_id, workflow, version, ...ended }
      emissions.push({ type: "workflow.completed", id: derivedId(id, "workflow.completed"), key: id, data })
      tell(gathered, { run, type: "workflow.completed", task: null, status, data: { reason } })
    },
    async publish(sql) {
      await recordEvents(sql, events)
      const facts = emissions.map((event) => ({ ...event, traceparent: traces.get(event.key) }))
      await emit(sql, [...wakeUps(ready), ...facts])
    },
  }
}
