import { in_children } from "./child-mutants.ts"
import { in_memory } from "./memory-mutants.ts"
import { in_stand_ins } from "./stand-in-mutants.ts"
import { in_stops } from "./stop-mutants.ts"
import { in_waits } from "./wait-mutants.ts"
import { about_workers } from "./worker-mutants.ts"

/** A mistake that somebody could make: a change of one place in one file, which the simulation has to notice. */
export type Mutant = {
  readonly name: string
  readonly path: string
  readonly from: string
  readonly to: string
}

const task = "services/scheduler/task"
const run = "services/scheduler/run"
const item = "services/scheduler/item"

/** Mistakes in what decides. */
const in_decisions: readonly Mutant[] = [
  {
    name: "the fencing token isn't looked at",
    path: `${task}/verdict.ts`,
    from: "if (!held || held.token !== settlement.token)",
    to: "if (!held)",
  },
  {
    name: "what is settled is settled again",
    path: `${task}/verdict.ts`,
    from: 'if (held.status !== "running") return { verdict: "already" }',
    to: "",
  },
  {
    name: "the wish to cancel is ignored",
    path: `${task}/verdict.ts`,
    from: 'if (held.cancel) return { ...kept, status: after("cancel") }',
    to: "",
  },
  {
    name: "a lost worker costs nothing of its budget",
    path: `${task}/verdict.ts`,
    from: 'return { ...kept, lost: lost + 1, status: after("hand_back") }',
    to: 'return { ...kept, status: after("hand_back") }',
  },
  {
    name: "what is handed back costs a try",
    path: `${task}/verdict.ts`,
    from: "returned: returned + 1",
    to: "returned",
  },
  {
    name: "a lost worker costs a try",
    path: `${task}/verdict.ts`,
    from: "attempt: held.attempt - lost - returned",
    to: "attempt: held.attempt - returned",
  },
  {
    name: "a retry doesn't wait",
    path: `${task}/verdict.ts`,
    from: "const delay_ms = Math.max(next.delay_ms, settlement.retry_after_ms ?? 0)",
    to: "const delay_ms = 0",
  },
  {
    name: "a job is buried where it should be tried again",
    path: `${task}/verdict.ts`,
    from: 'if (next.move === "retry") {',
    to: 'if (next.move === "retry" && held.run_id !== null) {',
  },
  {
    name: "one try too many",
    path: "language/decide.ts",
    from: "failed.attempt > policy.max_retries",
    to: "failed.attempt > policy.max_retries + 1",
  },
  {
    name: "a task begins while one of its needs is open",
    path: `${task}/advance.ts`,
    from: "if (needs_left > 0) step.decided.counted.add(task)",
    to: "if (needs_left > 1) step.decided.counted.add(task)",
  },
  {
    name: "open tasks aren't counted down",
    path: `${task}/advance.ts`,
    from: "    run.open -= 1\n",
    to: "",
  },
  {
    name: "failures aren't counted",
    path: `${task}/advance.ts`,
    from: "run.bad += 1",
    to: "run.bad += 0",
  },
  {
    name: "a skip skips nothing behind it",
    path: `${task}/advance.ts`,
    from: "const next = deep ?",
    to: "const next = first.skip.length < 0 ?",
  },
  {
    name: "one item more goes on than may",
    path: `${item}/templates.ts`,
    from: "(planned.each?.max_parallel ?? all) +",
    to: "(planned.each?.max_parallel ?? all) + 1 +",
  },
  {
    name: "an item that has ended lets no other begin",
    path: `${item}/count.ts`,
    from: "if (mayBegin) next.push",
    to: "if (!mayBegin) next.push",
  },
  {
    name: "items aren't counted down",
    path: `${item}/count.ts`,
    from: "task.needs_left -= ended",
    to: "task.needs_left -= 0",
  },
  {
    name: "a task ends before the last of its items",
    path: `${item}/count.ts`,
    from: "if (task.needs_left === 0) done.push(task)",
    to: "if (task.needs_left <= 1) done.push(task)",
  },
  {
    name: "what fails fast lets the rest go on",
    path: `${item}/count.ts`,
    from: "const mayBegin = goesOn && !(of.each?.fail_fast && task.needs_bad > 0)",
    to: "const mayBegin = goesOn",
  },
  {
    name: "items of another task get the same places",
    path: `${item}/unfold.ts`,
    from: "return Math.max(plan.tasks.length, ...ends)",
    to: "return plan.tasks.length",
  },
  {
    name: "an item that was cancelled is claimed in the same step",
    path: `${task}/claim.ts`,
    from: 'if (step.decided.unbegun.some(({ status }) => status === "cancelled")) return',
    to: "",
  },
  {
    name: "a stopped run's tasks end before their items",
    path: `${run}/stop.ts`,
    from: "if (isOpenTemplate(task) || isLeft(task)) continue",
    to: "if (isLeft(task)) continue",
  },
  {
    name: "items count in their run only once they begin",
    path: `${item}/unfold.ts`,
    from: "run.open += needs_left",
    to: "run.open += 0",
  },
  {
    name: "what belongs to a paused run is handed over",
    path: `${task}/release.ts`,
    from: '[run?.status === "paused" ? "blocked" : "released"]',
    to: '["released"]',
  },
  {
    name: "successors are counted twice",
    path: `${task}/settle.ts`,
    from: "  await advanceRuns(step)\n",
    to: "  await advanceRuns(step)\n  await advanceRuns(step)\n",
  },
  {
    name: "the timer of a retry is never set",
    path: `${task}/settle.ts`,
    from: "token: settlement.token, delay_ms, error }",
    to: "token: settlement.token, delay_ms: null, error }",
  },
  {
    name: "what was handed back stays where it is",
    path: `${task}/settle.ts`,
    from: 'if (status === "queued") release(step, runOfTask(step, task), task)',
    to: 'if (status === "queued") step.now',
  },
  {
    name: "more is handed over than there is room for",
    path: `${task}/hand-over.ts`,
    from: "left[kindOf(task.slot)] > 0 &&",
    to: "",
  },
  {
    name: "what is handed back is handed over in the same step",
    path: `${task}/hand-over.ts`,
    from: "if (ended.has(task) || !take(task)) return true",
    to: "if (!take(task)) return true",
  },
  {
    name: "what is handed over is in no claim",
    path: `${task}/hand-over.ts`,
    from: "decided.claimed.push(task)",
    to: "",
  },
  {
    name: "a token is used again",
    path: `${task}/report.ts`,
    from: "step.holder = { session_id, token: session.token }",
    to: "step.holder = { session_id, token: settlements[0]?.token ?? session.token }",
  },
  {
    name: "a claim takes more than a queue's limit allows",
    path: "services/scheduler/lane/limit.ts",
    from: "const max_tasks = Math.min(share.max_tasks, limit?.allowed ?? 0)",
    to: "const max_tasks = share.max_tasks",
  },
  {
    name: "a timer fires and forgets the retry",
    path: "services/scheduler/timer/fire.ts",
    from: 'if (kind === "retry" &&',
    to: 'if (kind === "again" &&',
  },
  {
    name: "a job that runs expires",
    path: "services/scheduler/timer/fire.ts",
    from: 'kind === "expire" && task.status === "queued"',
    to: 'kind === "expire" && task.status !== "completed"',
  },
  {
    name: "the sweep gives nothing to others",
    path: "services/scheduler/session/sweep.ts",
    from: 'await takeBack(engine, lost, "lost")',
    to: "",
  },
  {
    name: "a claim whose answer was lost is never missed",
    path: "services/scheduler/session/heartbeat.ts",
    from: "!listed.has(keyOf(attempt)) &&",
    to: "false &&",
  },
  {
    name: "what runs isn't asked to stop",
    path: `${task}/cancel.ts`,
    from: "step.decided.stopping.push(task)",
    to: "",
  },
  {
    name: "a run that is stopped and has nothing running doesn't end",
    path: `${run}/stop.ts`,
    from: "spares: true })\n  }\n  await endRuns(step)\n",
    to: "spares: true })\n  }\n",
  },
  {
    name: "a run that ends while it is paused leaves something behind",
    path: `${run}/end.ts`,
    from: "    step.decided.stopped.push(run)\n",
    to: "",
  },
  {
    name: "the end of a run is told twice",
    path: `${run}/end.ts`,
    from: "open === 0 && runMoves.open.includes(status)",
    to: "open === 0",
  },
  {
    name: "a rerun keeps what comes after what runs again",
    path: "language/decide.ts",
    from: "needs.every((need) => kept.has(need))",
    to: "needs.length >= 0",
  },
  {
    name: "an event has no number of its own",
    path: `${task}/tell.ts`,
    from: "run.seq += 1",
    to: 'run.seq += type === "task.skipped" ? 0 : 1',
  },
  {
    name: "it is published before it is committed",
    path: "services/scheduler/step/perform.ts",
    from: "transaction.afterCommit(() => announce(engine, step))",
    to: "announce(engine, step)",
  },
]

export const mutants: readonly Mutant[] = [
  ...in_decisions,
  ...in_waits,
  ...in_children,
  ...in_stops,
  ...about_workers,
  ...in_memory,
  ...in_stand_ins,
]
