import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { performIn } from "../step/perform.ts"
import type { Step } from "../step/step.ts"
import { runDeed } from "./deed.ts"
import { joinRuns } from "./load.ts"
import { lockOwnRun, type OwnRun } from "./lock.ts"
import { runMoves } from "./moves.ts"
import { runNotFound } from "./not-found.ts"
import { readRun } from "./read.ts"
import type { Run } from "./shape.ts"
import { isStopped } from "./spared.ts"
import { endStopped, stopRuns } from "./stop.ts"

/** What has not begun is cancelled at once, what runs is told to stop; then come the tasks of `finally`. Again, and those end, too. */
export const cancelRun =
  (engine: Engine) =>
  (actor: Caller, run_id: string): Promise<Run> => {
    allow(actor, "run.cancel")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const { answer: isFirst } = await performIn(engine, sql, (step) =>
        cancelIn(engine, step, { workspace_id, run_id }),
      )
      const shown = await readRun(sql, workspace_id, run_id)
      if (!shown) throw runNotFound(run_id)
      await record(sql, actor, isFirst ? [runDeed("cancelled", shown)] : [])
      return shown
    })
  }

/** Answers whether nothing had stopped it yet. */
export const cancelIn = async (engine: Engine, step: Step, own: OwnRun): Promise<boolean> => {
  const run = await lockOwnRun(step, own)
  if (runMoves.terminal.includes(run.status) && run.status !== "cancelled") {
    throw new Problem("run.not_cancellable", { detail: `The run has ended already: it is ${run.status}.` })
  }
  await joinRuns(engine, step, [run])
  const isFirst = !isStopped(run)
  // Who asks once more doesn't want to wait for the last tasks either.
  if (isStopped(run)) await endStopped(step, [run])
  else await stopRuns(step, [run], "cancelled")
  return isFirst
}
