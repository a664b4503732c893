import type { Mutant } from "./mutants.ts"

const lane = "services/scheduler/lane"
const task = "services/scheduler/task"

/** Mistakes about who may be given what, and about what must not run twice. */
export const about_workers: readonly Mutant[] = [
  {
    name: "a workspace's worker is given another workspace's tasks",
    path: `${lane}/taker.ts`,
    from: "(taker.workspace_id === null || taker.workspace_id === workspace_id) &&",
    to: "",
  },
  {
    name: "a workspace's worker is given what it was not written for",
    path: `${lane}/taker.ts`,
    from: 'kind === "remote" ? what !== undefined && taker.takes.includes(what) :',
    to: 'kind === "remote" ? taker.workspace_id !== null :',
  },
  {
    name: "nobody asks for labels",
    path: `${lane}/taker.ts`,
    from: "Object.entries(labels).every(([key, value]) => taker.labels[key] === value)",
    to: "taker.queues.length > 0",
  },
  {
    name: "what became free is handed over to whoever reports",
    path: `${task}/hand-over.ts`,
    from: "mayTake(session, task) &&",
    to: "",
  },
  {
    name: "what is not to run twice is given to others when its worker was lost",
    path: `${task}/verdict.ts`,
    from: '(outcome === "lost" || outcome === "released")',
    to: 'outcome === "released"',
  },
  {
    name: "what is not to run twice is given to others when its worker hands it back",
    path: `${task}/verdict.ts`,
    from: '(outcome === "lost" || outcome === "released")',
    to: 'outcome === "lost"',
  },
  {
    name: "what is not to run twice may",
    path: `${task}/settle.ts`,
    from: 'is_once: planned?.on_worker_lost === "fail"',
    to: "is_once: false",
  },
]
