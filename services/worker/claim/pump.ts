import { Problem } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import { createLateAbort, type LateAbort } from "#kernel/service/late-abort.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Attempt, Result } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { TaskError } from "../executor/executor.ts"
import { createSession, type Scheduler, type Session } from "./session.ts"
import { minus, no_room, type Room, roomOf, type Slots } from "./slots.ts"

/** Claims, runs and reports until it is drained; each failure of the scheduler is waited out. */
export type Pump = {
  start(): void
  draining(): boolean
  sessionId(): string
  /** What really runs: slots are also taken by a claim that waits for work. */
  running(): Room
  /** Takes nothing new, waits for what runs, and hands back what is left after `limit_ms`. */
  drain(limit_ms: number): Promise<void>
}

export type PumpOptions = {
  readonly scheduler: Scheduler
  readonly slots: Slots
  readonly name: string
  readonly queues: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly types: () => Promise<readonly string[]>
  readonly log: Log
  readonly id: () => string
  readonly run: (attempt: Attempt, stop: LateAbort) => Promise<Result>
}

/** With so many slots two claims share them: while one brings work that has just begun, the other waits for more. */
const many_slots = 64
/** How long an empty claim stays parked with the scheduler. */
const park_ms = 5_000
const answer_ms = 10_000
const retry_ms = { first: 100, max: 2_000 }
/** While the scheduler writes one report, the worker makes the next, if so much is in it. What waits is bounded by the slots. */
const together = { max_batch: 250, max_in_flight: 2, worthwhile: 100, max_waiting: Number.POSITIVE_INFINITY }
const heartbeat_ms = 5_000
const settle_ms = 20

const no_longer_wanted: TaskError = { code: "task.cancelled", message: "The task is not wanted any more." }

type Job = { readonly attempt: Attempt; readonly stop: LateAbort }

type Done = { readonly attempt: Attempt; readonly result: Result; readonly session: Session }

type State = {
  readonly options: PumpOptions
  readonly jobs: Set<Job>
  readonly stopping: AbortController
  session: Session
  opened: boolean
  /** The session has been handed back: what ends after it may be reported, but nobody waits for it. */
  closed: boolean
  opening: Promise<void> | undefined
  /** Has ended once it is reported. */
  readonly report: (done: Done) => Promise<void>
  /** How much that is done is not reported yet. */
  unreported: number
}

export const createPump = (options: PumpOptions): Pump => {
  const state: State = {
    options,
    jobs: new Set(),
    stopping: new AbortController(),
    session: createSession(options.id()),
    opened: false,
    closed: false,
    opening: undefined,
    report: batcher({ flush: (batch) => reportAll(state, batch), ...together }),
    unreported: 0,
  }
  let claiming: Promise<unknown> | undefined
  let beating: ReturnType<typeof setInterval> | undefined
  return {
    start() {
      const kinds = (["process", "inline"] as const).filter((kind) => options.slots.total[kind] > 0)
      const claims = kinds.flatMap((kind) => Array.from({ length: claimsOf(state, kind) }, () => kind))
      claiming ??= Promise.all(claims.map((kind) => claimOn(state, kind)))
      beating ??= setInterval(() => void beat(state), heartbeat_ms)
    },
    draining: () => state.stopping.signal.aborted,
    sessionId: () => state.session.id,
    running: () => roomOf([...state.jobs].map(({ attempt }) => attempt)),
    async drain(limit_ms) {
      state.stopping.abort()
      await finished(state, limit_ms)
      clearInterval(beating)
      await close(state)
      state.closed = true
      for (const { stop } of state.jobs) stop.abort(no_longer_wanted)
      while (state.jobs.size > 0) await Bun.sleep(settle_ms)
      await claiming
    },
  }
}

const begin = (state: State, session: Session, attempts: readonly Attempt[]): void => {
  for (const attempt of attempts) void runOne(state, session, attempt)
}

const runOne = async (state: State, session: Session, attempt: Attempt): Promise<void> => {
  const job = { attempt, stop: createLateAbort() }
  state.jobs.add(job)
  const result = await state.options.run(attempt, job.stop)
  state.jobs.delete(job)
  state.unreported += 1
  await state.report({ attempt, result: asHandedBack(result, job.stop), session })
  state.unreported -= 1
}

/** What was stopped because nobody wants it here any more has not failed: it costs none of the task's retries. */
const asHandedBack = (result: Result, stop: LateAbort): Result =>
  result.outcome === "failed" && stop.signal.reason === no_longer_wanted
    ? { ...result, outcome: "released" }
    : result

const open = (state: State): Promise<void> => {
  state.opening ??= openSession(state).finally(() => {
    state.opening = undefined
  })
  return state.opening
}

const openSession = async (state: State): Promise<void> => {
  if (state.opened) return
  const { scheduler, name, queues, labels, slots } = state.options
  const room = { slots: slots.total.process, inlineSlots: slots.total.inline }
  const types = [...(await state.options.types())]
  await scheduler.openSession({
    sessionId: state.session.id,
    name,
    queues: [...queues],
    labels,
    types,
    ...room,
  })
  state.opened = true
}

/** The old session's work was given to others: stop it, and go on under a new one. */
const reopen = (state: State, lost: Session): void => {
  if (state.session !== lost) return
  state.options.log.warn({ event: "session.lost", session_id: lost.id })
  for (const { stop } of state.jobs) stop.abort(no_longer_wanted)
  state.session = createSession(state.options.id())
  state.opened = false
}

/** Tries again after growing rests, until it is done or there is a reason to stop. */
const persist = async (
  state: State,
  event: string,
  once: () => Promise<"again" | "enough">,
): Promise<void> => {
  let wait_ms = retry_ms.first
  for (;;) {
    try {
      if ((await once()) === "enough") return
      wait_ms = retry_ms.first
    } catch (error) {
      state.options.log.warn({ event, error })
      await Bun.sleep(wait_ms)
      wait_ms = Math.min(wait_ms * 2, retry_ms.max)
    }
  }
}

const asked = ({ process, inline }: Room) => ({ maxTasks: process, maxInline: inline })

const reportAll = async (state: State, batch: readonly Done[]): Promise<readonly undefined[]> => {
  await persist(state, "report.failed", async () => {
    await report(state, batch)
    return "enough"
  })
  return batch.map(() => undefined)
}

/** Each result frees a slot, and each attempt that comes with the answer takes one. */
const report = async (state: State, batch: readonly Done[]): Promise<void> => {
  const { options, session } = state
  const { scheduler, slots } = options
  const freed = roomOf(batch.map(({ attempt }) => attempt))
  const room = state.stopping.signal.aborted || !state.opened ? no_room : freed
  const results = batch.map(({ result }) => result)
  const call = () => scheduler.report({ sessionId: session.id, results, ...asked(room) })
  const answer = await session.claiming(call).catch(unlessClosed(state))
  if (!answer) return
  for (const one of batch) one.session.settled(one.attempt)
  begin(state, session, answer.attempts)
  slots.give(minus(freed, roomOf(answer.attempts)))
}

/** Nothing is lost by giving up then: the scheduler has given the work to others. */
const unlessClosed =
  ({ closed }: State) =>
  (error: unknown): undefined => {
    if (!closed) throw error
  }

const claimsOf = ({ options }: State, kind: keyof Room): number =>
  options.slots.total[kind] < many_slots ? 1 : 2

/** Each kind of slot is claimed for by itself, so that a parked claim never keeps back room of the other kind. */
const claimOn = (state: State, kind: keyof Room): Promise<void> =>
  persist(state, "claim.failed", async () => {
    if (state.stopping.signal.aborted) return "enough"
    try {
      await claimOnce(state, state.session, kind)
      return "again"
    } catch (error) {
      if (state.stopping.signal.aborted) return "enough"
      throw error
    }
  })

const claimOnce = async (state: State, session: Session, kind: keyof Room): Promise<void> => {
  const { scheduler, slots } = state.options
  const { signal } = state.stopping
  await open(state)
  await slots.some(kind)
  if (signal.aborted) return
  const room = slots.take(kind, Math.ceil(slots.total[kind] / claimsOf(state, kind)))
  let brought = no_room
  try {
    const call = { sessionId: session.id, ...asked(room), waitMs: park_ms }
    const answer = await session.claiming(() =>
      scheduler.claim(call, { signal, timeoutMs: park_ms + answer_ms }),
    )
    brought = roomOf(answer.attempts)
    begin(state, session, answer.attempts)
    // A claim that is asked to come back early brings news of what is to stop.
    if (answer.attempts.length === 0) await beat(state)
  } catch (error) {
    if (!(error instanceof Problem && error.code === "session.ended")) throw error
    reopen(state, session)
  } finally {
    slots.give(minus(room, brought))
  }
}

const beat = async (state: State): Promise<void> => {
  const { session, opened } = state
  if (!opened) return
  const held = session.held().map(({ taskRunId, token }) => ({ taskRunId, token }))
  try {
    const call = {
      sessionId: session.id,
      held,
      lastToken: session.lastToken(),
      draining: state.stopping.signal.aborted,
    }
    const { stop } = await state.options.scheduler.heartbeat(call)
    for (const unwanted of stop) jobOf(state, unwanted)?.stop.abort(no_longer_wanted)
  } catch (error) {
    if (error instanceof Problem && error.code === "session.ended") reopen(state, session)
    else state.options.log.warn({ event: "heartbeat.failed", error })
  }
}

const jobOf = ({ jobs }: State, { taskRunId, token }: Pick<Attempt, "taskRunId" | "token">) => {
  for (const job of jobs) if (job.attempt.taskRunId === taskRunId && job.attempt.token === token) return job
  return undefined
}

const finished = async (state: State, limit_ms: number): Promise<void> => {
  const until_ms = performance.now() + limit_ms
  const busy = () => state.jobs.size > 0 || state.unreported > 0
  while (busy() && performance.now() < until_ms) await Bun.sleep(settle_ms)
}

/** What the scheduler still counts as held goes back to its queue at once. */
const close = async ({ options, session, opened }: State): Promise<void> => {
  if (!opened) return
  try {
    await options.scheduler.closeSession({ sessionId: session.id })
  } catch (error) {
    options.log.warn({ event: "session.not_closed", error })
  }
}
