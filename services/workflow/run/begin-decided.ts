import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { ExpressionError } from "#language/expressions.ts"
import { type Firing, iso } from "../fire/clock.ts"
import { createStarter, type StartRequest } from "./starter.ts"

export const max_starts = 200
/** Whoever has one in hand is given this long before another instance tries it, too. */
const hand_ms = 30_000
const retry_ms = 5_000
/** Well below the time for which the scheduler remembers keys: after it the run's own id is asked for. */
const forgotten_ms = 12 * 3_600_000

/** A run that was decided on by itself, under the id that it is to have. */
type Decided = { readonly run_id: string; readonly decided_at: Date }

type Became =
  | { readonly status: "started"; readonly run_id: string }
  | { readonly status: "skipped" | "failed"; readonly reason: string }
  | { readonly status: "again" }

export type Outcome<Some extends Decided> = { readonly decided: Some } & Became

export type Beginning<Some extends Decided> = {
  /** At most `max_starts` that are due, held until then. */
  take(sql: Sql, now: string, held_until: string): Promise<readonly Some[]>
  requestOf(decided: Some): StartRequest | { readonly skipped: string }
  save(sql: Sql, outcomes: readonly Outcome<Some>[], again_at: string): Promise<unknown>
}

/** Hands over what was decided to be started, until the scheduler has it. True when there is more. */
export const beginDecided = <Some extends Decided>(
  firing: Firing,
  { take, requestOf, save }: Beginning<Some>,
): (() => Promise<boolean>) => {
  const { database, scheduler, log, readNow } = firing
  const start = createStarter(firing)

  const begin = async (decided: Some): Promise<Became> => {
    try {
      const request = requestOf(decided)
      if ("skipped" in request) return { status: "skipped", reason: request.skipped }
      const { run_id } = await start(request)
      return { status: "started", run_id }
    } catch (error) {
      const refused = refusalOf(error)
      if (refused) return refused
      log.warn({ event: "run.not_begun", run_id: decided.run_id, error })
      return { status: "again" }
    }
  }

  /** After so long a key may have been forgotten; the run's id never is, while there is the run. */
  const begunBefore = async (taken: readonly Some[], now: number): Promise<ReadonlySet<string>> => {
    const old = taken.filter(({ decided_at }) => now - decided_at.getTime() > forgotten_ms)
    if (old.length === 0) return new Set()
    const { known } = await scheduler.openRuns({ runIds: old.map(({ run_id }) => run_id) })
    return new Set(known)
  }

  return async () => {
    const takeDue = async (sql: Sql) => {
      const at = await readNow(sql)
      return { now: at, taken: await take(sql, iso(at), iso(at + hand_ms)) }
    }
    // Its first statement only reads the clock, so it need not wait for the answer to BEGIN.
    const { now, taken } = await database.tx(takeDue, { begins_late: true })
    if (taken.length === 0) return false
    const before = await begunBefore(taken, now)
    const outcomes = await Promise.all(
      taken.map(async (decided): Promise<Outcome<Some>> => {
        const { run_id } = decided
        if (before.has(run_id)) return { decided, status: "started", run_id }
        return { decided, ...(await begin(decided)) }
      }),
    )
    await database.tx((sql) => save(sql, outcomes, iso(now + retry_ms)))
    return taken.length === max_starts
  }
}

/** That another run holds the workflow's own key is no fault, nor that the workspace rests. */
const leaves_out: ReadonlySet<string> = new Set(["concurrency.full", "workspace.archived"])

const refusalOf = (error: unknown): Became | undefined => {
  if (error instanceof ExpressionError)
    return { status: "failed", reason: `inputs.invalid: ${error.message}` }
  if (!(error instanceof Problem) || error.status >= 500) return undefined
  const status = leaves_out.has(error.code) ? "skipped" : "failed"
  return { status, reason: `${error.code}: ${error.message}` }
}
