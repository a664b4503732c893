import type { Sql } from "#kernel/database/database.ts"
import { type Event, emit } from "#kernel/outbox/emit.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { derivedId } from "../derived-id.ts"
import type { LockedRun } from "../run/lock.ts"
import { type RunFact, recordEvents } from "../run/record.ts"
import type { Claimed } from "./claim.ts"
import { emitReady, type Ready } from "./ready.ts"
import type { Settled } from "./settle.ts"

type Subject = {
  readonly id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly task: string
}

type Told = {
  readonly run: LockedRun
  readonly type: RunFact["type"]
  readonly task: string | null
  readonly status: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Gathers what a transaction has made true, numbers it within each run, and writes it all at its end. */
export type Facts = {
  /** What became claimable. */
  readonly ready: Ready[]
  claimed(task: Claimed, run: LockedRun): void
  settled(settled: readonly Settled[], runs: ReadonlyMap<string, LockedRun>): void
  runStarted(run: LockedRun, trigger: string): void
  skipped(task: { readonly id: string; readonly task: string }, run: LockedRun): void
  runEnded(run: LockedRun): void
  /** Events and outbox: the last inserts of the transaction. */
  publish(sql: Sql): Promise<void>
}

export const gatherFacts = (kit: Kit): Facts => {
  const at = kit.now().toISOString()
  const events: RunFact[] = []
  const emissions: Event[] = []
  const ready: Ready[] = []

  const tell = ({ run, type, task, status, data }: Told) => {
    run.seq += 1
    events.push({ run_id: run.id, seq: run.seq, type, task, status, data })
  }

  const factOf = (task: Subject, attempt: number) => ({
    task_run_id: task.id,
    run_id: task.run_id,
    workspace_id: task.workspace_id,
    task: task.task,
    attempt,
    at,
  })

  const tellSettled = ({ settlement, held, verdict }: Settled, run: LockedRun) => {
    const fact = factOf(held, held.attempt)
    const id = (kind: string) => derivedId(held.id, `${kind}.${held.token}`)
    const key = held.run_id
    const log_chunks = settlement.log_chunks ?? 0
    const failure = verdict.error ?? { code: "task.failed", message: "The task failed." }
    const told = (type: Told["type"], data: Told["data"] = {}) =>
      tell({ run, type, task: held.task, status: verdict.status, data: { attempt: held.attempt, ...data } })
    switch (verdict.status) {
      case "completed": {
        const outputs = settlement.outputs ?? {}
        emissions.push({
          type: "task.completed",
          id: id("completed"),
          key,
          data: { ...fact, outputs, log_chunks },
        })
        return told("task.completed")
      }
      case "failed":
        emissions.push({
          type: "task.failed",
          id: id("failed"),
          key,
          data: { ...fact, error: failure, log_chunks },
        })
        return told("task.failed", { error: failure })
      case "retrying": {
        const retry_at = new Date(kit.now().getTime() + (verdict.delay_ms ?? 0)).toISOString()
        const data = { ...fact, error: failure, retry_at, log_chunks }
        emissions.push({ type: "task.retrying", id: id("retrying"), key, data })
        return told("task.retrying", { error: failure, retry_at })
      }
      case "cancelled":
        emissions.push({ type: "task.cancelled", id: id("cancelled"), key, data: fact })
        return told("task.cancelled")
      default:
        ready.push({ task_run_id: held.id, queue: held.queue })
        return told("task.requeued", { reason: settlement.outcome })
    }
  }

  return {
    ready,
    claimed(task, run) {
      const data = { ...factOf(task, task.attempt), worker_id: task.worker_id }
      const id = derivedId(task.id, `started.${task.token}`)
      emissions.push({ type: "task.started", id, key: task.run_id, data })
      tell({
        run,
        type: "task.started",
        task: task.task,
        status: "running",
        data: { attempt: task.attempt, worker_id: task.worker_id },
      })
    },
    settled(settled, runs) {
      for (const one of settled) {
        const run = runs.get(one.held.run_id)
        if (run) tellSettled(one, run)
      }
    },
    runStarted(run, trigger) {
      const { id, workspace_id, workflow, version } = run
      const data = { run_id: id, workspace_id, workflow, version, trigger, started_at: at }
      emissions.push({ type: "workflow.started", id: derivedId(id, "workflow.started"), key: id, data })
      tell({ run, type: "workflow.started", task: null, status: "running", data: { trigger } })
    },
    skipped(task, run) {
      const fact = factOf({ ...task, run_id: run.id, workspace_id: run.workspace_id }, 0)
      const id = derivedId(task.id, "skipped")
      emissions.push({ type: "task.skipped", id, key: run.id, data: { ...fact, reason: "needs" } })
      tell({ run, type: "task.skipped", task: task.task, status: "skipped", data: { reason: "needs" } })
    },
    runEnded(run) {
      const { id, workspace_id, workflow, version, reason, started_at } = run
      const status = run.status as "completed" | "failed" | "cancelled"
      const data = {
        run_id: id,
        workspace_id,
        workflow,
        version,
        status,
        reason,
        started_at,
        finished_at: at,
      }
      emissions.push({ type: "workflow.completed", id: derivedId(id, "workflow.completed"), key: id, data })
      tell({ run, type: "workflow.completed", task: null, status, data: { reason } })
    },
    async publish(sql) {
      await recordEvents(sql, events)
      await emitReady(sql, ready)
      if (emissions.length > 0) await emit(sql, emissions)
    },
  }
}
