import type { Mutant } from "./mutants.ts"

const run = "services/scheduler/run"

/** Mistakes in what a run that is stopped does at last. */
export const in_stops: readonly Mutant[] = [
  {
    name: "a run that is cancelled forgets what it does at last",
    path: `${run}/spared.ts`,
    from: 'planned?.section === "finally"',
    to: 'planned?.section === "at last"',
  },
  {
    name: "a run whose time is up begins more than its last tasks",
    path: `${run}/spared.ts`,
    from: "return planned?.section !== undefined",
    to: "return planned !== undefined",
  },
  {
    name: "what a stop cancels isn't counted by what comes at last",
    path: `${run}/stop.ts`,
    from: "await advanceStopped(step, { run, plan }, ended)",
    to: "await advanceStopped(step, { run, plan }, [])",
  },
  {
    name: "what is done at last doesn't wait for what is being stopped",
    path: "services/scheduler/task/advance.ts",
    from: "if (open.some(({ idx }) => !isLast(idx))) return",
    to: "",
  },
]
