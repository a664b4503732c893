import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { performIn } from "../step/perform.ts"
import type { Step } from "../step/step.ts"
import { joinRuns } from "./load.ts"
import { lockOwnRun, type OwnRun } from "./lock.ts"
import { runMoves } from "./moves.ts"
import { readRun } from "./read.ts"
import type { Run } from "./shape.ts"
import { isStopped } from "./spared.ts"
import { endStopped, stopRuns } from "./stop.ts"

/** What has not begun is cancelled at once, what runs is told to stop; then come the tasks of `finally`. Again, and those end, too. */
export const cancelRun =
  (engine: Engine) =>
  (actor: Actor, run_id: string): Promise<Run> => {
    allow(actor, "run.cancel")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      await performIn(engine, sql, (step) => cancelIn(engine, step, { workspace_id, run_id }))
      const shown = await readRun(sql, workspace_id, run_id)
      if (!shown) throw new Problem("run.not_found")
      return shown
    })
  }

export const cancelIn = async (engine: Engine, step: Step, own: OwnRun): Promise<void> => {
  const run = await lockOwnRun(step, own)
  if (runMoves.terminal.includes(run.status) && run.status !== "cancelled") {
    throw new Problem("run.not_cancellable", { detail: `The run has ended already: it is ${run.status}.` })
  }
  await joinRuns(engine, step, [run])
  // Who asks once more doesn't want to wait for the last tasks either.
  if (isStopped(run)) await endStopped(step, [run])
  else await stopRuns(step, [run], "cancelled")
}
