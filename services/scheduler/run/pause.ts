import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import { performIn } from "../step/perform.ts"
import type { RunRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { decideOwn } from "../task/advance.ts"
import { tell } from "../task/tell.ts"
import { resumeWaits } from "../wait/resume.ts"
import { runDeed } from "./deed.ts"
import { endRuns } from "./end.ts"
import { joinRuns } from "./load.ts"
import { lockOwnRun, type OwnRun } from "./lock.ts"
import { runMoves } from "./moves.ts"
import { runNotFound } from "./not-found.ts"
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
  (actor: Caller, run_id: string): Promise<Run> => {
    allow(actor, "run.pause")
    const { workspace_id } = actor
    return engine.database.tx(async (sql) => {
      const { answer: changed } = await performIn(engine, sql, (step) =>
        turnIn(engine, step, { workspace_id, run_id, turn }),
      )
      if (turn === "resume") {
        const lanes = await unblockRun(sql, run_id)
        sql.afterCommit(() => {
          engine.lanes.note(lanes)
          engine.ready.fire()
        })
      }
      const shown = await readRun(sql, workspace_id, run_id)
      if (!shown) throw runNotFound(run_id)
      await record(sql, actor, changed ? [runDeed(`${turn}d`, shown)] : [])
      return shown
    })
  }

/** Answers whether it wasn't so already. */
export const turnIn = async (
  engine: Engine,
  step: Step,
  { turn, ...own }: OwnRun & { readonly turn: Turn },
): Promise<boolean> => {
  const run = await lockOwnRun(step, own)
  const changed = move(step, run, turn)
  if (turn === "pause" || run.status !== "running") return changed
  await joinRuns(engine, step, [run])
  await resumeWaits(step, run)
  await decideOwn(step)
  await endRuns(step)
  return changed
}

const move = (step: Step, run: RunRow, turn: Turn): boolean => {
  const status = runMoves.after(run.status, turn)
  if (status === undefined) {
    if (run.status === (turn === "pause" ? "paused" : "running")) return false
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
  return true
}
