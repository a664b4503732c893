import { kindOf } from "#language/slots.ts"
import type { Engine } from "../engine.ts"
import { keyOf } from "../lane/lanes.ts"
import { rankOf } from "../lane/rank.ts"
import { eachKind, type LaneShare, openLanes, type Room, shareOut } from "../lane/share.ts"
import { mayTake, type Taker } from "../lane/taker.ts"
import type { Held, Holder, TaskRow } from "../step/rows.ts"
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
  readonly session: Taker
  readonly room: Room
  /** What of it lanes may need. */
  readonly unserved: Room
}

/** A run that has begun goes on before what was queued after it, but for what has waited as long as this. */
const max_ahead_ms = 10_000

/**
 * What became claimable in this step goes straight to the worker that the step works for, running from the start: a chain
 * then takes one commit for each of its tasks. That is where nothing else waits that only this step would bring to the
 * worker; else where it comes before all that waits in its lane, and no more than the lane's share. Answers what the worker
 * is still to take from its lanes.
 */
export const handOver = (engine: Engine, step: Step, worker: Worker): readonly LaneShare[] => {
  const { session, room, unserved } = worker
  const lanes = openLanes(engine, session, unserved)
  if (!step.holder || step.decided.released.length === 0) return shareOut(lanes, unserved)
  const shares = lanes.every(engine.queues.isLimited)
    ? undefined
    : new Map(shareOut(lanes, unserved).map((share) => [keyOf(share), { ...share }]))
  const left = { ...room }
  const isFit = (task: TaskRow): boolean =>
    left[kindOf(task.slot)] > 0 &&
    mayTake(session, task) &&
    !engine.queues.isPaused(task) &&
    !engine.queues.isLimited(task)
  const isFirst = (task: TaskRow): boolean =>
    engine.lanes.comesFirst(task, { rank: rankInRun(step, task), at_ms: step.now.getTime() })
  handEach(step, step.holder, (task) => {
    const share = shares?.get(keyOf(task))
    const isNext = shares === undefined || (share !== undefined && share.max_tasks > 0 && isFirst(task))
    if (!isNext || !isFit(task)) return false
    left[kindOf(task.slot)] -= 1
    if (share) share.max_tasks -= 1
    return true
  })
  if (shares) return [...shares.values()].filter(({ max_tasks }) => max_tasks > 0)
  return shareOut(
    lanes,
    eachKind(left, (count, kind) => Math.min(count, unserved[kind])),
  )
}

const rankInRun = (step: Step, task: TaskRow): number => {
  const now_ms = step.now.getTime()
  const begun = runOfTask(step, task)?.started_at
  const begun_ms = begun ? Date.parse(begun) : now_ms
  return rankOf(Math.max(begun_ms, now_ms - max_ahead_ms), task.priority)
}

/** Those that are taken, in their order. */
const handEach = (step: Step, holder: Holder, take: (task: TaskRow) => boolean): void => {
  const { decided, now } = step
  // What was handed back just now goes through its lane: its row can't end and begin in one step.
  const ended = new Set(decided.ended.map(({ task }) => task))
  const kept = decided.released.splice(0).filter((task) => {
    if (ended.has(task) || !take(task)) return true
    Object.assign(task, {
      status: "running",
      attempt: task.attempt + 1,
      token: holder.token,
      queued_ms: now.getTime(),
    })
    decided.handed.push(task)
    decided.claimed.push(task)
    tellStarted(step, task, runOfTask(step, task))
    return false
  })
  decided.released.push(...kept)
}
