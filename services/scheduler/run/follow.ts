import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Following } from "#kernel/http/event-stream.ts"
import type { Engine } from "../engine.ts"
import type { News, Subscription } from "./feed.ts"
import { type RunStatus, runMoves } from "./moves.ts"
import { runNotFound } from "./not-found.ts"
import type { RunFact } from "./record.ts"
import type { RunEvent } from "./shape.ts"

/** Each row holds what one transaction told. */
const max_rows = 50

/** Another instance's work isn't signalled here, so a follower also looks by itself. */
const look_ms = 250
const heartbeat_ms = 10_000

export type Follow = { readonly run_id: string; readonly after: number; readonly signal: AbortSignal }

/**
 * A run's events from a cursor on, as they come, until the run has ended; none at all is a sign of life. One list of all that
 * is left where it has ended already.
 */
export const followRun =
  (engine: Engine) =>
  async (actor: Actor, follow: Follow): Promise<Following<RunEvent>> => {
    allow(actor, "run.read")
    const feed = engine.feed.subscribe({ ...follow, wait_ms: look_ms })
    try {
      const own = { ...follow, workspace_id: actor.workspace_id }
      const news = (await toldLately(engine, own, feed)) ?? (await readNews(engine, own, follow.after))
      if (!news) throw runNotFound(follow.run_id)
      if (news.ended && !news.more) {
        feed.close()
        return [freshOf(news, follow.after)]
      }
      return eventsOf(engine, own, { feed, news })
    } catch (error) {
      feed.close()
      throw error
    }
  }

type OwnFollow = Follow & { readonly workspace_id: string }

type Begun = { readonly feed: Subscription; readonly news: ReadNews }

async function* eventsOf(engine: Engine, own: OwnFollow, begun: Begun): AsyncGenerator<readonly RunEvent[]> {
  const { feed } = begun
  let { news } = begun
  let seq = own.after
  let quiet_ms = 0
  try {
    while (!own.signal.aborted) {
      const fresh = freshOf(news, seq)
      seq = fresh.at(-1)?.seq ?? seq
      if (fresh.length > 0) yield fresh
      if (news.ended && !news.more) return
      quiet_ms = news.events.length > 0 ? 0 : quiet_ms + look_ms
      if (quiet_ms >= heartbeat_ms) {
        quiet_ms = 0
        yield []
      }
      news = await nextNews(engine, own, { seq, feed, more: news.more })
    }
  } finally {
    feed.close()
  }
}

const freshOf = ({ events }: ReadNews, after: number): readonly RunEvent[] =>
  events.filter(({ seq }) => seq > after)

type Reading = { readonly seq: number; readonly feed: Subscription; readonly more: boolean }

type ReadNews = { readonly events: readonly RunEvent[]; readonly ended: boolean; readonly more: boolean }

const gone: ReadNews = { events: [], ended: true, more: false }

/** What was fed counts as long as it goes on where the follower is; else the database is asked. */
const nextNews = async (engine: Engine, own: OwnFollow, { seq, feed, more }: Reading): Promise<ReadNews> => {
  const fed = more ? undefined : await feed.next()
  if (fed && goesOn(fed, seq)) return readOf(own.run_id, fed)
  return (await readNews(engine, own, seq)) ?? gone
}

/** Whether nothing is missing between what is known up to here and these. */
const goesOn = (news: readonly News[], seq: number): boolean => {
  let last = seq
  return news.every(({ facts }) => {
    const isNext = (facts[0]?.seq ?? 0) <= last + 1
    last = Math.max(last, facts.at(-1)?.seq ?? 0)
    return isNext
  })
}

/** A short run ends before its follower is told that it has begun: then all of it is sent in one piece. */
const toldLately = async (
  { feed: all }: Engine,
  { run_id, workspace_id }: OwnFollow,
  feed: Subscription,
): Promise<ReadNews | undefined> => {
  const run = { id: run_id, workspace_id }
  const told = all.toldOf(run)
  if (!told) return undefined
  if (!hasEnded(told)) await feed.gathered()
  return readOf(run_id, all.toldOf(run) ?? told)
}

const hasEnded = (news: readonly News[]): boolean => news.at(-1)?.ended ?? false

/** What was told by this process, as it is shown. */
const readOf = (run_id: string, news: readonly News[]): ReadNews => ({
  events: news.flatMap(({ at, facts }) => facts.map((fact) => ({ ...fact, run_id, at }))),
  ended: hasEnded(news),
  more: false,
})

type EventRow = {
  readonly status: RunStatus
  readonly at: Date | null
  readonly events: readonly RunFact[] | null
}

/** Undefined when there is no such run. An ended run writes no events after its end. */
const readNews = async (
  engine: Engine,
  { run_id, workspace_id }: OwnFollow,
  after: number,
): Promise<ReadNews | undefined> => {
  const rows = await engine.database.run(
    (sql) => sql<EventRow>`
      select run.status, told.at, told.events
      from scheduler.run
      left join lateral (
        select seq, at, events from scheduler.run_event
        where run_id = run.id and seq > ${after}::int order by seq limit ${max_rows}::int
      ) as told on true
      where run.id = ${run_id}::text::uuid and run.workspace_id = ${workspace_id}::text::uuid
      order by told.seq`,
  )
  const [first] = rows
  if (!first) return undefined
  const events = rows.flatMap(({ at, events: told }) =>
    (told ?? [])
      .filter(({ seq }) => seq > after)
      .map((event) => ({ ...event, run_id, at: at?.toISOString() ?? "" })),
  )
  return { ended: runMoves.terminal.includes(first.status), events, more: rows.length === max_rows }
}
