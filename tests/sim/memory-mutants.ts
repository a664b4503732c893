import type { Mutant } from "./mutants.ts"

const task = "services/scheduler/task"
const run = "services/scheduler/run"

/** Mistakes in what a process remembers of runs. */
export const in_memory: readonly Mutant[] = [
  {
    name: "a run is written without a new revision",
    path: "services/scheduler/step/perform.ts",
    from: "for (const run of step.runs.values()) run.revision += 1",
    to: "",
  },
  {
    name: "what is known of a run counts though somebody has moved it on",
    path: `${run}/load.ts`,
    from: "if (known?.run.revision !== run.revision) continue",
    to: "if (!known) continue",
  },
  {
    name: "a claim believes what is known of a run whatever its row says",
    path: `${task}/claim.ts`,
    from: "if (run && run.revision === revisions.get(run_id))",
    to: "if (run)",
  },
  {
    name: "what has ended is remembered as open",
    path: `${run}/load.ts`,
    from: "open?.delete(task.id)",
    to: "open?.has(task.id)",
  },
  {
    name: "a step that failed is remembered",
    path: `${run}/known.ts`,
    from: "kept.forget(id)\n      return known",
    to: "return known",
  },
  {
    name: "that a job still runs is guessed, and nobody looks",
    path: `${task}/settle.ts`,
    from: "step.is_guessed = jobs.length > 0",
    to: "step.is_guessed = false",
  },
  {
    name: "what is held isn't looked at",
    path: "services/scheduler/memory/transaction.ts",
    from: "tables.runs.get(id)?.revision !== revision",
    to: "tables.runs.get(id)?.revision === -1",
  },
]
