import type { Mutant } from "./mutants.ts"

const child = "services/scheduler/child"

/** Mistakes in what the engine does with runs that tasks wait for. */
export const in_children: readonly Mutant[] = [
  {
    name: "a run that a task waits for has no timer that begins it",
    path: `${child}/expect.ts`,
    from: 'timers: [{ kind: "begin", after_ms: 0 }, ...limit]',
    to: "timers: [...limit]",
  },
  {
    name: "a run begins though nobody waits for it any more",
    path: `${child}/due.ts`,
    from: 'return task?.status === "waiting" ? task : undefined',
    to: "return task",
  },
  {
    name: "a run that a task waits for begins twice",
    path: "services/scheduler/timer/fire.ts",
    from: "  await endAwaiting(step, due)\n",
    to: "  await beginAwaited(step, due)\n  await endAwaiting(step, due)\n",
  },
  {
    name: "a run begins in a run that is paused",
    path: `${child}/due.ts`,
    from: 'if (runOfTask(step, task)?.status === "paused") waits',
    to: "if (step.id === undefined) waits",
  },
  {
    name: "the end of a run isn't told to what waits for it",
    path: "services/scheduler/run/end.ts",
    from: 'if (run.trigger === "parent") step',
    to: 'if (run.trigger === "child") step',
  },
  {
    name: "what a part tells doesn't say what it is a part of",
    path: `${child}/whole.ts`,
    from: '?.trigger === "parent"',
    to: '?.trigger === "child"',
  },
  {
    name: "a task has completed whatever became of its run",
    path: `${child}/due.ts`,
    from: 'if (status === "completed") return { status, outputs',
    to: 'if (status !== "cancelled") return { status: "completed", outputs',
  },
  {
    name: "a run goes on when its task is cancelled",
    path: "services/scheduler/task/cancel.ts",
    from: "if (awaits) step",
    to: "if (awaits && task.item === -1) step",
  },
  {
    name: "a run goes on when its task has waited long enough",
    path: "services/scheduler/wait/due.ts",
    from: "    step.decided.waits.orphaned.push(waited.run_id)\n",
    to: "",
  },
  {
    name: "what is to be stopped isn't",
    path: "services/scheduler/timer/fire.ts",
    from: 'runsOf(step, due, "stop")',
    to: 'runsOf(step, due, "halt")',
  },
]
