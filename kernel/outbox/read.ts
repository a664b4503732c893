import { type Database, list, type Sql } from "#kernel/database/database.ts"
import type { RawEvent } from "#kernel/events/decode.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Fact } from "./emit.ts"

/** A row of the hot path, which holds ids in place of bodies. */
export type BareRow = {
  readonly topic: string
  readonly ids: readonly string[]
  readonly details: unknown
  readonly at: Date
}

/** An event as a row holds it. */
type Body = {
  readonly id: string
  readonly key: string
  readonly data: unknown
  readonly traceparent?: string | undefined
}

/** What bare rows tell, row by row, from the tables of the schema they are in. */
export type Derive = (sql: Sql, rows: readonly BareRow[]) => Promise<readonly (readonly Fact[])[]>

/** An outbox that can be read. */
export type Source = { readonly database: Database; readonly derive?: Derive | undefined }

/** An event and where it stands in the outbox. */
export type Entry = {
  readonly event: RawEvent
  /** The same, where its types have made it: what was never a text needs no check. */
  readonly made: Envelope | undefined
  readonly row_id: string
  /** How many events of its row are behind the reader once this one is. */
  readonly count: number
  /** What a reader has behind it when this is the last event of its row. */
  readonly closes: "row" | "batch" | undefined
}

type Position = {
  readonly version: string
  readonly seen: string
  readonly target: string | null
  /** The first id of the transactions that began after `seen`; null when they have none. */
  readonly fresh_from: string | null
  readonly after_id: string
  readonly partial_id: string
  readonly partial_count: number
}

type PageRow = {
  readonly id: string
  readonly at: Date
  readonly topic: string
  readonly events: readonly Body[] | null
  readonly ids: readonly string[] | null
  readonly details: unknown
  readonly is_last: boolean
}

export type ReaderOptions = {
  readonly source: Source
  readonly name: string
  /** Undefined for all. They may change: what it has moved over by then it doesn't come back to. */
  readonly topics?: (() => readonly string[]) | undefined
  readonly max_events: number
  /** How often a position that moved over nothing of interest is written down. */
  readonly keep_ms?: number
}

export type Reader = {
  /** The next events, in order. Empty when there are none now. The same again until `advance`. */
  read(): Promise<readonly Entry[]>
  /** Leaves all up to and with this entry behind, if the transaction commits. False: another has moved the reader. */
  advance(sql: Sql, last: Entry): Promise<boolean>
  /** Believes only what is written down. */
  forget(): void
  /** Writes down how far it is, so that it holds back no cleaning. */
  keep(): Promise<void>
}

const settled = (position: Position): Position => ({
  ...position,
  seen: position.target ?? position.seen,
  target: null,
  fresh_from: null,
  after_id: "0",
  partial_id: "0",
  partial_count: 0,
})

const beyond = (position: Position, entry: Entry): Position => {
  if (entry.closes === "batch") return settled(position)
  if (entry.closes === "row")
    return { ...position, after_id: entry.row_id, partial_id: "0", partial_count: 0 }
  return { ...position, partial_id: entry.row_id, partial_count: entry.count }
}

/** Rows may be no events: their bodies could not be derived any more, because what they tell of is gone. */
const past = (position: Position, last: PageRow | undefined): Position =>
  last && !last.is_last ? { ...position, after_id: last.id } : settled(position)

/**
 * Reads an outbox by snapshots, as PgQ does: rows whose transaction was unfinished in the last snapshot and is
 * finished in this one. A transaction that commits late delays only itself, and nothing is passed over.
 */
export const openReader = (options: ReaderOptions): Reader => {
  const { source, name, keep_ms = 5_000 } = options
  let position: Position | undefined
  let kept_at = performance.now()
  /** Whether it moved over rows since it was written down: only those can be cleaned by writing it down. */
  let moved = false

  const keep = async () => {
    kept_at = performance.now()
    const from = position
    if (from === undefined || !moved) return
    moved = false
    const version = await source.database.run((sql) => writePosition(sql, { source, name, from, to: from }))
    position = version ? { ...from, version } : undefined
  }

  const next = async (): Promise<readonly Entry[]> => {
    position ??= await source.database.run((sql) => loadPosition(sql, name))
    if (position.target === null) {
      position = await aimed(source, position)
      moved ||= position.target !== null
    }
    if (position.target === null) return []
    const page = await pageAfter(options, position)
    if (page.entries.length > 0) return page.entries
    position = past(position, page.last)
    return position.target === null ? [] : next()
  }

  const read = async (): Promise<readonly Entry[]> => {
    const entries = await next()
    if (entries.length === 0 && performance.now() - kept_at > keep_ms) await keep()
    return entries
  }

  return {
    read,
    async advance(sql, last) {
      const from = position
      if (from === undefined) return false
      const to = beyond(from, last)
      const version = await writePosition(sql, { source, name, from, to })
      if (version === undefined) {
        position = undefined
        return false
      }
      // If the outcome is unknown this isn't called, and the next advance finds out what is written down.
      sql.afterCommit(() => {
        position = { ...to, version }
      })
      return true
    },
    forget() {
      position = undefined
    },
    keep,
  }
}

/** Sets out for what has been committed since; without a target when that is nothing. */
const aimed = async ({ database }: Source, from: Position): Promise<Position> => {
  const { target, has_late, fresh_from } = await database.run((sql) => newsSince(sql, from.seen))
  if (!has_late && fresh_from === null) return { ...from, seen: target }
  return { ...from, target, fresh_from }
}

type News = { readonly target: string; readonly has_late: boolean; readonly fresh_from: string | null }

const newsSince = async (sql: Sql, seen: string): Promise<News> => {
  const [news] = await sql.statement<News>(
    `select target::text, has_late, fresh_from::text from "${sql.schema}".outbox_news($1::text::pg_snapshot)`,
    [seen],
  )
  if (news === undefined) throw new Error("outbox_news answers always one row")
  return news
}

const loadPosition = async (sql: Sql, name: string): Promise<Position> => {
  await sql.statement(`insert into "${sql.schema}".reader (name) values ($1) on conflict do nothing`, [name])
  const [row] = await sql.statement<Position>(
    `select version::text, seen::text, target::text, fresh_from::text,
       after_id::text, partial_id::text, partial_count
     from "${sql.schema}".reader where name = $1`,
    [name],
  )
  if (row === undefined) throw new Error(`The reader ${name} was removed while it was being used`)
  return row
}

type Move = {
  readonly source: Source
  readonly name: string
  readonly from: Position
  readonly to: Position
}

// The schema is named because a consumer advances in a transaction of its own schema.
const writePosition = async (sql: Sql, { source, name, from, to }: Move): Promise<string | undefined> => {
  const rows = await sql.statement<{ version: string }>(
    `update "${source.database.schema}".reader
     set version = version + 1, seen = $3::text::pg_snapshot, target = $4::text::pg_snapshot,
       fresh_from = $5::text::bigint, after_id = $6::text::bigint,
       partial_id = $7::text::bigint, partial_count = $8::int, updated_at = now()
     where name = $1 and version = $2::text::bigint
     returning version::text`,
    [name, from.version, to.seen, to.target, to.fresh_from, to.after_id, to.partial_id, to.partial_count],
  )
  return rows[0]?.version
}

type Page = { readonly entries: readonly Entry[]; readonly last: PageRow | undefined }

const pageAfter = async (options: ReaderOptions, position: Position): Promise<Page> => {
  const { source, topics, max_events } = options
  const wanted = topics === undefined ? null : list(topics())
  return source.database.run(async (sql) => {
    const rows = await sql.statement<PageRow>(
      `select id::text, at, topic, events, ids, details, is_last
       from "${sql.schema}".outbox_page($1::text::pg_snapshot, $2::text::pg_snapshot, $3::text::bigint,
         $4::text::bigint, $5::text::text[], $6::int, $6::int)`,
      [position.seen, position.target, position.fresh_from, position.after_id, wanted, max_events],
    )
    const facts = await factsOf(sql, source, rows)
    const entries = rows.flatMap((row) => entriesOf(row, facts.get(row), { source, position }))
    return { entries, last: rows.at(-1) }
  })
}

type Facts = ReadonlyMap<PageRow, readonly Fact[]>

/** What the rows tell that have no bodies. */
const factsOf = async (sql: Sql, source: Source, rows: readonly PageRow[]): Promise<Facts> => {
  const bare = rows.filter((row) => row.ids !== null)
  if (bare.length === 0) return new Map()
  if (source.derive === undefined) {
    throw new Error(
      `The outbox of ${source.database.schema} has rows without bodies, and nothing derives them`,
    )
  }
  const derived = await source.derive(
    sql,
    bare.map(({ topic, ids, details, at }) => ({ topic, ids: ids ?? [], details, at })),
  )
  return new Map(bare.map((row, index) => [row, derived[index] ?? []]))
}

type Where = { readonly source: Source; readonly position: Position }

const entriesOf = (
  row: PageRow,
  facts: readonly Fact[] | undefined,
  { source, position }: Where,
): readonly Entry[] => {
  const bodies = row.events ?? []
  const from = { source: source.database.schema, at: row.at.toISOString() }
  const entryAt = (index: number, event: RawEvent, made?: Envelope): Entry => {
    const isLastOfRow = index === (facts ?? bodies).length - 1
    const closes = isLastOfRow ? (row.is_last ? "batch" : "row") : undefined
    return { event, made, row_id: row.id, count: index + 1, closes }
  }
  const made = facts?.map((fact) => envelopeOf(fact, from))
  const entries =
    made?.map((event, index) => entryAt(index, event, event)) ??
    bodies.map((body, index) => entryAt(index, { ...body, type: row.topic, ...from }))
  return position.partial_id === row.id ? entries.slice(position.partial_count) : entries
}

/** Its id is left to be made when somebody asks for it. */
const envelopeOf = (fact: Fact, { source, at }: Pick<Envelope, "source" | "at">): Envelope => {
  const { type, key, traceparent, data } = fact
  const envelope = {
    get id() {
      return fact.id
    },
    type,
    source,
    key,
    at,
    traceparent,
    data,
  }
  return envelope as Envelope
}
