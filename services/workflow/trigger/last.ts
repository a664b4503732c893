import { list, type Sql } from "#kernel/database/database.ts"

export type Last = {
  readonly trigger_id: string
  readonly status: "started" | "skipped" | "failed" | "refused"
  readonly reason: string | null
  readonly run_id: string | null
}

export const max_reason_chars = 500

/** What became of it the last time. Of those that come within a second one is noted, unless they end in another way. */
export const noteLast = async (sql: Sql, notes: readonly Last[]): Promise<void> => {
  const latest = [...new Map(notes.map((note) => [note.trigger_id, note])).values()]
  if (latest.length === 0) return
  await sql`
    update workflow.trigger
    set last_at = clock_timestamp(), last_status = given.status, last_reason = given.reason, last_run_id = given.run_id
    from unnest(
      ${list(latest.map(({ trigger_id }) => trigger_id))}::text::uuid[],
      ${list(latest.map(({ status }) => status))}::text::text[],
      ${list(latest.map(({ reason }) => reason?.slice(0, max_reason_chars) ?? null))}::text::text[],
      ${list(latest.map(({ run_id }) => run_id))}::text::uuid[]
    ) as given (id, status, reason, run_id)
    where trigger.id = given.id
      and (last_at is null or last_at < clock_timestamp() - interval '1 second' or last_status <> given.status)`
}
