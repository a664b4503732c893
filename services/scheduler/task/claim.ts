import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { keyOf, type SeenRank } from "../lane/lanes.ts"
import { limitShares } from "../lane/limit.ts"
import { rankOf } from "../lane/rank.ts"
import { type LaneShare, openLanes, type Room, shareOut } from "../lane/share.ts"
import { joinRuns, loadRuns } from "../run/load.ts"
import { perform } from "../step/perform.ts"
import type { RunRow, Taken, TaskRow } from "../step/rows.ts"
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
      await claimIn(engine, step, shareOut(openLanes(engine, session, room), room))
    })
    return await attempts()
  }

/** Also the last part of a report, in its transaction. */
export const claimIn = async (engine: Engine, step: Step, wanted: readonly LaneShare[]): Promise<void> => {
  const { holder } = step
  if (!holder) return
  // What this step has cancelled is in its lane until that is written: the worker asks again.
  if (step.decided.unbegun.some(({ status }) => status === "cancelled")) return
  const shares = await limitShares(engine, step, wanted)
  if (shares.length === 0) return
  const taken = await step.rows.take(shares, holder)
  const of_lane = Map.groupBy(taken.tasks, keyOf)
  for (const share of shares) {
    const own = of_lane.get(keyOf(share)) ?? []
    engine.lanes.served(share, own.length < share.max_tasks ? undefined : lastOf(step, own))
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

const lastOf = (step: Step, taken: readonly TaskRow[]): SeenRank => ({
  rank: Math.max(...taken.map(({ queued_ms, priority }) => rankOf(queued_ms, priority))),
  at_ms: step.now.getTime(),
})

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
