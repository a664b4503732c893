import { json, lines, list, type Sql } from "#kernel/database/database.ts"

/** What is told of a run, as its followers see it; `seq` has no gaps. */
export type RunFact = {
  readonly seq: number
  readonly type: string
  readonly task: string | null
  readonly status: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** By the runs that they are told of. */
export type RunFacts = ReadonlyMap<string, readonly RunFact[]>

/** One row for each run that something is told of, however much that is. */
export const eventRows = (events: RunFacts) => {
  const facts = [...events.values()]
  return {
    run_ids: list([...events.keys()]),
    seqs: list(facts.map((some) => some.at(-1)?.seq ?? 0)),
    events: lines(facts.map(json)),
  }
}

export const recordEvents = async (sql: Sql, events: RunFacts, at: Date): Promise<void> => {
  if (events.size === 0) return
  const rows = eventRows(events)
  await sql`
    insert into scheduler.run_event (run_id, seq, at, events)
    select run_id, seq, ${at}, events::json
    from unnest(${rows.run_ids}::text::uuid[], ${rows.seqs}::text::int[], string_to_array(${rows.events}::text, E'\n'))
      as given (run_id, seq, events)`
}
