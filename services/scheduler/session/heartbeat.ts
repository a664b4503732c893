import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Engine, lease_ms } from "../engine.ts"
import { attemptsOf, type HeldAttempt, type RunningAttempt, takeBack } from "./held.ts"

export type Heartbeat = {
  readonly session_id: string
  readonly held: readonly HeldAttempt[]
  /** The newest claim whose answer has arrived, with none older under way. */
  readonly last_token: string
  readonly draining: boolean
}

/** No answer to a claim arrives later: where there is no other claim, its age alone tells that it was lost. */
const answer_ms = 30_000

/** Prolongs the lease and answers what the worker is to stop: cancelled, or no longer its own. */
export const heartbeat =
  (engine: Engine) =>
  async (beat: Heartbeat): Promise<readonly HeldAttempt[]> => {
    const running = await engine.hot.run(async (sql) => {
      await touch(sql, beat)
      return attemptsOf(sql, beat.session_id)
    })
    const { answer_lost, stop } = compareHeld(beat, running)
    await takeBack(engine, answer_lost, "unheard")
    return stop
  }

type Compared = {
  /** The worker never learnt of these: they go back without having used an attempt. */
  readonly answer_lost: readonly HeldAttempt[]
  readonly stop: readonly HeldAttempt[]
}

/** What a worker says that it holds, beside what the database says. */
export const compareHeld = (beat: Heartbeat, running: readonly RunningAttempt[]): Compared => {
  const listed = new Set(beat.held.map(keyOf))
  const known = new Set(running.map(keyOf))
  const answer_lost = running.filter(
    (attempt) =>
      !listed.has(keyOf(attempt)) &&
      (BigInt(attempt.token) <= BigInt(beat.last_token) || attempt.age_ms > answer_ms),
  )
  const cancelled = new Set(running.filter((attempt) => attempt.cancel).map(keyOf))
  const stop = beat.held.filter((attempt) => cancelled.has(keyOf(attempt)) || !known.has(keyOf(attempt)))
  return { answer_lost, stop }
}

const keyOf = ({ task_run_id, token }: HeldAttempt) => `${task_run_id} ${token}`

const touch = async (sql: Sql, { session_id, draining }: Heartbeat): Promise<void> => {
  const touched = await sql`
    update scheduler.session
    set lease_until = now() + ${lease_ms}::int * interval '1 millisecond', last_seen_at = now(),
      draining = ${draining}::boolean
    where id = ${session_id}::text::uuid and not ended
    returning id`
  if (touched.length === 0) throw new Problem("session.ended")
}
