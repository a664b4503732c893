import { demand } from "#services/scheduler/memory/demand.ts"
import type { Tables } from "#services/scheduler/memory/tables.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"

/** How long last tasks may take is looked at when the run has long ended. */
const soon = (timers: Tables["timers"]) => [...timers].filter(([, { kind }]) => kind !== "linger")

/** Whether everything has ended. */
export const isAtRest = ({ runs, tasks, ready, blocked, claims, timers }: Tables): boolean => {
  for (const task of tasks.values()) if (!isTerminal(task)) return false
  for (const run of runs.values()) if (!isTerminal(run)) return false
  return ready.size + blocked.size + claims.size + soon(timers).length === 0
}

/** Liveness: some time after the last fault, everything has ended, once, and nothing is left of it. */
export const checkRest = (tables: Tables): void => {
  for (const { id, status } of tables.tasks.values())
    demand(isTerminal({ status }), () => `${id} is still ${status}`)
  for (const { id, status } of tables.runs.values())
    demand(isTerminal({ status }), () => `the run ${id} is still ${status}`)
  demand(
    soon(tables.timers).length === 0,
    () => `${JSON.stringify(soon(tables.timers))} are left of the timers`,
  )
  for (const name of ["ready", "blocked", "claims"] as const) {
    demand(
      tables[name].size === 0,
      () => `${JSON.stringify([...tables[name]])} ` + `${tables[name].size} are left in ${name}`,
    )
  }
  for (const id of tables.runs.keys()) {
    const ends = (tables.events.get(id) ?? []).filter(({ type }) => type === "workflow.completed").length
    demand(ends === 1, () => `the end of ${id} was told ${ends} times`)
  }
}
