import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { keyOf } from "../lane/lanes.ts"
import { limitShares } from "../lane/limit.ts"
import { openLanes, type Room, shareOut } from "../lane/share.ts"
import type { Taker } from "../lane/taker.ts"
import { joinRuns, loadRuns } from "../run/load.ts"
import { perform } from "../step/perform.ts"
import type { RunRow, Taken } from "../step/rows.ts"
import { runOfTask, type Step } from "../step/step.ts"
import type { Attempt } from "./attempt.ts"
import { tellStarted } from "./tell-started.ts"

export type Claim = { readonly session_id: string; readonly room: Room }

/** Takes what is ready, in one compare-and-set: nobody waits for anybody, and nothing is given twice. */
export const claimTasks =
  (engine: Engine) =>
  async ({ session_id, room }: Claim): Promise<readonly Attempt[]> => {
    const { attempts } = await perform(engine, async (step) => {
      const session = await step.rows.session(session_id)
      if (!session) throw new Problem("session.ended")
      step.holder = { session_id, token: session.token }
      engine.sessions.keep(session_id, session)
      await claimIn(engine, step, { session, room })
    })
    return await attempts()
  }

/** Also the last part of a report, in its transaction. */
export const claimIn = async (
  engine: Engine,
  step: Step,
  { session, room }: { readonly session: Taker; readonly room: Room },
): Promise<void> => {
  const { holder } = step
  if (!holder) return
  // What this step has cancelled is in its lane until that is written: the worker asks again.
  if (step.decided.unbegun.some(({ status }) => status === "cancelled")) return
  const wanted = shareOut(openLanes(engine, session, room), room)
  const shares = await limitShares(engine, step, wanted)
  if (shares.length === 0) return
  const taken = await step.rows.take(shares, holder)
  const counts = new Map<string, number>()
  for (const task of taken.tasks) counts.set(keyOf(task), (counts.get(keyOf(task)) ?? 0) + 1)
  for (const share of shares) {
    engine.lanes.served(share, (counts.get(keyOf(share)) ?? 0) < share.max_tasks)
  }
  if (taken.busy > 0) step.decided.left.push(...shares)
  await loadTaken(engine, step, taken)
  for (const task of taken.tasks) {
    step.tasks.set(task.id, task)
    step.decided.claimed.push(task)
    if (engine.queues.isLimited(task)) step.decided.charged.push(task)
    tellStarted(step, task, runOfTask(step, task))
  }
}

/** The statement has locked their runs already, and told at which revisions. */
const loadTaken = async (engine: Engine, step: Step, { tasks, revisions }: Taken): Promise<void> => {
  const known = new Map<string, RunRow>()
  const ids = new Set<string>()
  for (const { run_id } of tasks) {
    if (run_id === null || step.runs.has(run_id)) continue
    const run = engine.known.peek(run_id)?.run
    if (run && run.revision === revisions.get(run_id)) known.set(run_id, run)
    else ids.add(run_id)
  }
  await joinRuns(engine, step, [...known.values()])
  await loadRuns(engine, step, ids)
}
