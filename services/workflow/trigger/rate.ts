import { list, type Sql } from "#kernel/database/database.ts"
import type { Judged } from "./follow.ts"

/** A trigger at an event that comes by the thousand begins about so many runs within a minute. */
const max_a_minute = 1_000

const isBounded = ({ row, refused }: Judged): boolean =>
  row.settings.type === "event" && refused === undefined

/** How many runs each of them has begun within the last minute. */
export const recentRuns = async (
  sql: Sql,
  judged: readonly Judged[],
): Promise<ReadonlyMap<string, number>> => {
  const triggers = [...new Set(judged.filter(isBounded).map(({ row }) => row.trigger_id))]
  if (triggers.length === 0) return new Map()
  const rows = await sql<{ trigger_id: string; count: number }>`
    select trigger_id, count(*)::int as count from workflow.triggered
    where trigger_id = any(${list(triggers)}::text::uuid[])
      and created_at > clock_timestamp() - interval '1 minute'
    group by trigger_id`
  return new Map(rows.map(({ trigger_id, count }) => [trigger_id, count]))
}

/** Those that come when a trigger has begun enough begin nothing. */
export const leaveRoom = (
  judged: readonly Judged[],
  recent: ReadonlyMap<string, number>,
): readonly Judged[] => {
  const counts = new Map(recent)
  const reason = `it has begun ${max_a_minute} runs within a minute: what happens beyond that begins none`
  return judged.map((one) => {
    if (!isBounded(one)) return one
    const { trigger_id } = one.row
    const count = (counts.get(trigger_id) ?? 0) + 1
    counts.set(trigger_id, count)
    return count > max_a_minute ? { ...one, refused: { status: "skipped", reason } } : one
  })
}
