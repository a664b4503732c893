import { json, lines, list, type Sql } from "#kernel/database/database.ts"

/** A run's event as its followers see it; `seq` has no gaps. */
export type RunFact = {
  readonly run_id: string
  readonly seq: number
  readonly type: string
  readonly task: string | null
  readonly status: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** One row for each run that something is told of, however much that is. */
export const eventRows = (facts: readonly RunFact[]) => {
  const byRun = [...Map.groupBy(facts, (fact) => fact.run_id)]
  return {
    run_ids: list(byRun.map(([run_id]) => run_id)),
    seqs: list(byRun.map(([, some]) => some.at(-1)?.seq ?? 0)),
    events: lines(byRun.map(([, some]) => json(some.map(told)))),
  }
}

const told = ({ seq, type, task, status, data }: RunFact) => ({ seq, type, task, status, data })

export const recordEvents = async (sql: Sql, facts: readonly RunFact[], at: Date): Promise<void> => {
  if (facts.length === 0) return
  const rows = eventRows(facts)
  await sql`
    insert into scheduler.run_event (run_id, seq, at, events)
    select run_id, seq, ${at}, events::json
    from unnest(${rows.run_ids}::text::uuid[], ${rows.seqs}::text::int[], string_to_array(${rows.events}::text, E'\n'))
      as given (run_id, seq, events)`
}
