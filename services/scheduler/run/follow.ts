import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import type { News, Subscription } from "./feed.ts"
import { type RunStatus, runMoves } from "./moves.ts"
import { readRun } from "./read.ts"
import type { RunEvent } from "./shape.ts"

/** Each row holds what one transaction told. */
const max_rows = 50

/** Another instance's work isn't signalled here, so a follower also looks by itself. */
const look_ms = 250
const heartbeat_ms = 10_000

export type Follow = { readonly run_id: string; readonly after: number; readonly signal: AbortSignal }

/** A run's events from a cursor on, as they come, until the run has ended; undefined is a sign of life. */
export const followRun =
  (engine: Engine) =>
  async (actor: Actor, follow: Follow): Promise<AsyncIterable<RunEvent | undefined>> => {
    allow(actor, "run.read")
    const { workspace_id } = actor
    const run = await engine.database.run((sql) => readRun(sql, workspace_id, follow.run_id))
    if (!run)
      throw new Problem("run.not_found", { detail: `There is no run ${follow.run_id} in this workspace.` })
    return eventsOf(engine, follow)
  }

async function* eventsOf(
  engine: Engine,
  { run_id, after, signal }: Follow,
): AsyncGenerator<RunEvent | undefined> {
  const feed = engine.feed.subscribe(run_id)
  let seq = after
  let quiet_ms = 0
  try {
    let news = await readNews(engine, run_id, seq)
    while (!signal.aborted) {
      const fresh = news.events.filter((event) => event.seq > seq)
      seq = fresh.at(-1)?.seq ?? seq
      yield* fresh
      if (news.ended && !news.more) return
      quiet_ms = news.events.length > 0 ? 0 : quiet_ms + look_ms
      if (quiet_ms >= heartbeat_ms) {
        quiet_ms = 0
        yield undefined
      }
      news = await nextNews(engine, { run_id, seq, signal, feed, more: news.more })
    }
  } finally {
    feed.close()
  }
}

type Reading = {
  readonly run_id: string
  readonly seq: number
  readonly signal: AbortSignal
  readonly feed: Subscription
  readonly more: boolean
}

type ReadNews = News & { readonly more: boolean }

/** What was fed counts as long as it goes on where the follower is; else the database is asked. */
const nextNews = async (engine: Engine, { run_id, seq, signal, feed, more }: Reading): Promise<ReadNews> => {
  const fed = more ? undefined : await feed.next(look_ms, signal)
  const first = fed?.events[0]
  const isOld = fed !== undefined && (fed.events.at(-1)?.seq ?? 0) <= seq
  if (fed && (isOld || (first && first.seq <= seq + 1))) return { ...fed, more: false }
  return readNews(engine, run_id, seq)
}

const readNews = (engine: Engine, run_id: string, after: number): Promise<ReadNews> =>
  engine.database.run((sql) => readEvents(sql, run_id, after))

type EventRow = { readonly at: Date; readonly events: readonly Omit<RunEvent, "at" | "run_id">[] }

/** The status is read first: an ended run writes no events after it. */
const readEvents = async (sql: Sql, run_id: string, after: number) => {
  const [run] = await sql<{
    status: RunStatus
  }>`select status from scheduler.run where id = ${run_id}::text::uuid`
  const rows = await sql<EventRow>`
    select at, events
    from scheduler.run_event
    where run_id = ${run_id}::text::uuid and seq > ${after}::int
    order by seq
    limit ${max_rows}::int`
  const events = rows.flatMap(({ at, events: told }) =>
    told.filter(({ seq }) => seq > after).map((event) => ({ ...event, run_id, at: at.toISOString() })),
  )
  const more = rows.length === max_rows
  return { ended: run === undefined || runMoves.terminal.includes(run.status), events, more }
}
