import { json, list, type Sql } from "#kernel/database/database.ts"

/** A run's event as its followers see it; `seq` has no gaps. */
export type RunFact = {
  readonly run_id: string
  readonly seq: number
  readonly type: string
  readonly task: string | null
  readonly status: string | null
  readonly data: Readonly<Record<string, unknown>>
}

export const recordEvents = async (sql: Sql, facts: readonly RunFact[]): Promise<void> => {
  if (facts.length === 0) return
  await sql`
    insert into scheduler.run_event (run_id, seq, type, task, status, data)
    select run_id, seq, type, task, status, data::json
    from unnest(
      ${list(facts.map((fact) => fact.run_id))}::text::uuid[],
      ${list(facts.map((fact) => fact.seq))}::text::int[],
      ${list(facts.map((fact) => fact.type))}::text::text[],
      ${list(facts.map((fact) => fact.task))}::text::text[],
      ${list(facts.map((fact) => fact.status))}::text::text[],
      ${list(facts.map((fact) => json(fact.data)))}::text::text[]
    ) as given (run_id, seq, type, task, status, data)`
}
