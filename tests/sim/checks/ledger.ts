import type { Changes } from "#services/scheduler/memory/changes.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import type { Tables } from "#services/scheduler/memory/tables.ts"
import type { News } from "#services/scheduler/run/feed.ts"
import type { Clock } from "../clock.ts"
import { checkChildren } from "./child.ts"
import { checkEnded, type Past, pastOf } from "./past.ts"
import { checkRun } from "./run.ts"
import { checkClaim, checkOwner, checkStart } from "./task.ts"

/** Safety: what must hold after every commit, and what was published before it was true. */
export type Ledger = {
  committed(changes: Changes): void
  published(run_id: string, news: News): void
}

export const createLedger = (tables: Tables, clock: Clock): Ledger => {
  const pasts = new Map<string, Past>()
  const told = new Set<string>()
  return {
    committed(changes) {
      for (const timer of changes.timers) {
        demand(timer.due_ms <= clock.now(), () => `the timer ${timer.id} fired too early`)
      }
      for (const id of changes.replayed) pasts.delete(id)
      for (const ended of changes.ended) checkEnded(changes, ended, pastOf(pasts, ended.task.id))
      checkFacts(changes)
      checkEmissions(changes, told)
      for (const [id, before] of changes.tasks) checkStart(changes, { id, before, past: pastOf(pasts, id) })
      for (const id of new Set([...changes.tasks.keys(), ...changes.moved])) checkOwner(tables, id)
      for (const token of changes.claims) checkClaim(tables, token)
      for (const [id, before] of changes.runs) checkRun(changes, id, before)
      checkChildren(changes)
    },
    published(run_id, { facts }) {
      const committed = tables.events.get(run_id) ?? []
      for (const { seq, type } of facts) {
        demand(
          committed[seq - 1]?.type === type,
          () => `${type} of ${run_id} was published before it was true`,
        )
      }
    },
  }
}

/** A run's events are numbered on without gaps, and nothing comes after its end. */
const checkFacts = ({ tables, facts, runs }: Changes): void => {
  for (const fact of facts) {
    const known = tables.events.get(fact.run_id) ?? []
    tables.events.set(fact.run_id, known)
    demand(fact.seq === known.length + 1, () => `event ${fact.seq} of ${fact.run_id} follows ${known.length}`)
    demand(known.at(-1)?.type !== "workflow.completed", () => `${fact.type} of ${fact.run_id} after its end`)
    known.push(fact)
  }
  for (const id of runs.keys()) {
    const [run, events] = [tables.runs.get(id), tables.events.get(id) ?? []]
    demand(run?.seq === events.length, () => `${id} has ${events.length} events and counts ${run?.seq}`)
  }
}

const checkEmissions = (changes: Changes, told: Set<string>): void => {
  const { tables, emissions, completed_jobs, ended } = changes
  for (const id of completed_jobs) {
    demand(
      !told.has(id) && tables.tasks.get(id)?.status === "completed",
      () => `the end of ${id} is told wrongly`,
    )
    told.add(id)
  }
  for (const { task } of ended) {
    const isTold = task.run_id !== null || task.status !== "completed" || told.has(task.id)
    demand(isTold, () => `nobody is told that ${task.id} has completed`)
  }
  for (const { id, type, key } of emissions) {
    if (id === undefined) continue
    demand(!told.has(id), () => `${type} of ${key} was published twice`)
    told.add(id)
  }
}
