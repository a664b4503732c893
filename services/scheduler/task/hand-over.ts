import type { Engine } from "../engine.ts"
import { openLanes, type Room } from "../lane/share.ts"
import type { Held, Holder, SessionRow } from "../step/rows.ts"
import { runOfTask, type Step } from "../step/step.ts"
import { tellStarted } from "./tell-started.ts"

/** The step works for this session. Nobody waits for the token before the commit. */
export const holdFor = (engine: Engine, step: Step, held: Held): void => {
  const holder: Holder = { session_id: held.session_id, token: null }
  step.holder = holder
  step.holding = step.rows.hold(held).then(
    (token) => {
      holder.token = token
      for (const task of step.decided.claimed) task.token = token
    },
    () => engine.sessions.forget(held.session_id),
  )
}

type Worker = {
  readonly session: Pick<SessionRow, "queues">
  readonly room: Room
  /** What of it lanes may need. */
  readonly unserved: Room
}

/**
 * What became claimable in this step goes straight to the worker that the step works for, running from the start,
 * while nothing else waits that only this step would bring to it: a chain then takes one commit for each of its tasks.
 * Answers the room that is left.
 */
export const handOver = (engine: Engine, step: Step, { session, room, unserved }: Worker): Room => {
  const { queues } = engine
  const { holder, decided } = step
  if (!holder || decided.released.length === 0) return room
  if (openLanes(engine, session.queues, unserved).some((lane) => !queues.isLimited(lane))) return room
  const all = session.queues.includes("*")
  const left = { ...room }
  // What was handed back just now goes through its lane: its row can't end and begin in one step.
  const ended = new Set(decided.ended.map(({ task }) => task))
  const kept = decided.released.splice(0).filter((task) => {
    const fits =
      left[task.slot] > 0 &&
      (all || session.queues.includes(task.queue)) &&
      !queues.isPaused(task) &&
      !queues.isLimited(task)
    if (!fits || ended.has(task)) return true
    left[task.slot] -= 1
    Object.assign(task, {
      status: "running",
      attempt: task.attempt + 1,
      token: holder.token,
      queued_ms: step.now.getTime(),
    })
    decided.handed.push(task)
    decided.claimed.push(task)
    tellStarted(step, task, runOfTask(step, task))
    return false
  })
  decided.released.push(...kept)
  return left
}
