import type { Mutant } from "./mutants.ts"

const task = "services/scheduler/task"
const run = "services/scheduler/run"
const wait = "services/scheduler/wait"

/** Mistakes in what the engine does without a worker. */
export const in_waits: readonly Mutant[] = [
  {
    name: "what comes due in a paused run isn't put off",
    path: `${wait}/due.ts`,
    from: 'if (runOfTask(step, task)?.status === "paused") step',
    to: "if (step.id === undefined) step",
  },
  {
    name: "a paused run that ends leaves what was put off",
    path: `${run}/end.ts`,
    from: "    step.decided.waits.resumed.push(run.id)\n",
    to: "",
  },
  {
    name: "a sleep has no timer",
    path: `${wait}/evaluate.ts`,
    from: 'timers: [{ kind: "wake", after_ms: duration_ms }]',
    to: "timers: []",
  },
  {
    name: "a wait goes to a worker",
    path: `${task}/release.ts`,
    from: "if (planned && isOwn(planned, task)) step",
    to: "if (planned?.if !== undefined) step",
  },
  {
    name: "what its condition passes over counts as bad",
    path: `${task}/advance.ts`,
    from: 'task.reason === "condition" ? "completed" : task.status',
    to: "task.status",
  },
  {
    name: "a wait begins in a paused run",
    path: `${wait}/decide.ts`,
    from: 'if (run.status === "paused") step',
    to: "if (step.id === undefined) step",
  },
  {
    name: "a resumed run forgets what became ready meanwhile",
    path: `${wait}/resume.ts`,
    from: "      step.decided.waits.undecided.push(task)\n",
    to: "",
  },
  {
    name: "tasks of any name take over each other's results",
    path: "services/scheduler/cache/look-up.ts",
    from: "workflow: run.workflow, name, key",
    to: "workflow: run.workflow, key",
  },
  {
    name: "a task takes over a result and runs all the same",
    path: `${wait}/decide.ts`,
    from: 'reused_from: found.id })\n  return "ended"',
    to: 'reused_from: found.id })\n  return "goes on"',
  },
  {
    name: "the end of a wait isn't counted",
    path: `${task}/advance.ts`,
    from: "[...ended, ...expired, ...waits.ended]",
    to: "[...ended, ...expired]",
  },
]
