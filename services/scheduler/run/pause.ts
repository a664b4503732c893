import { type Actor, allow } from "#kernel/auth/actor.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { performIn } from "../step/perform.ts"
import type { RunRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { decideOwn } from "../task/advance.ts"
import { tell } from "../task/tell.ts"
import { resumeWaits } from "../wait/resume.ts"
import { endRuns } from "./end.ts"
import { joinRuns } from "./load.ts"
import { lockOwnRun, type OwnRun } from "./lock.ts"
import { runMoves } from "./moves.ts"
import { readRun } from "./read.ts"
import type { Run } from "./shape.ts"
import { unblockRun } from "./unblock.ts"

type Turn = "pause" | "resume"

/** Nothing new of the run begins until it is resumed; what runs goes on. Doing it again changes nothing. */
export const pauseRun = (engine: Engine) => turnRun(engine, "pause")

/** What waited goes back into its queues. */
export const resumeRun = (engine: Engine) => turnRun(engine, "resume")

const turnRun =
  (engine: Engine, turn: Turn) =>
  (actor: Actor, run_id: string): Promise<Run> => {
    allow(actor, "run.pause")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      await performIn(engine, sql, (step) => turnIn(engine, step, { workspace_id, run_id, turn }))
      if (turn === "resume") {
        const lanes = await unblockRun(sql, run_id)
        sql.afterCommit(() => {
          engine.lanes.note(lanes)
          engine.ready.fire()
        })
      }
      const shown = await readRun(sql, workspace_id, run_id)
      if (!shown) throw new Problem("run.not_found")
      return shown
    })
  }

export const turnIn = async (
  engine: Engine,
  step: Step,
  { turn, ...own }: OwnRun & { readonly turn: Turn },
): Promise<void> => {
  const run = await lockOwnRun(step, own)
  move(step, run, turn)
  if (turn === "pause" || run.status !== "running") return
  await joinRuns(engine, step, [run])
  await resumeWaits(step, run)
  await decideOwn(step)
  await endRuns(step)
}

const move = (step: Step, run: RunRow, turn: Turn): void => {
  const status = runMoves.after(run.status, turn)
  if (status === undefined) {
    if (run.status === (turn === "pause" ? "paused" : "running")) return
    throw new Problem("run.not_pausable", { detail: `The run is ${run.status}.` })
  }
  run.status = status
  const type = turn === "pause" ? "run.paused" : "run.resumed"
  tell(step, { run, type, task: null, status, data: {} })
  const { id, workspace_id, workflow, version } = run
  step.decided.emissions.push({
    type,
    id: derivedId(id, `${type}.${run.seq}`),
    key: id,
    traceparent: run.traceparent ?? undefined,
    data: { run_id: id, workspace_id, workflow, version, at: step.now.toISOString() },
  })
}
