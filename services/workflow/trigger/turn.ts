import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"

/** What a webhook takes: so many requests a second, and so many at once after it has rested. */
const per_second = 10
const max_burst = 100

/** A request has its turn, or is refused; whichever process it came to. */
export const takeTurn = async (sql: Sql, trigger_id: string): Promise<boolean> => {
  const turns = await sql`
    update workflow.trigger
    set turn_at = greatest(turn_at, clock_timestamp()) + ${1 / per_second}::float8 * interval '1 second'
    where id = ${trigger_id}::text::uuid
      and (turn_at is null
        or turn_at <= clock_timestamp() + ${(max_burst - 1) / per_second}::float8 * interval '1 second')
    returning id`
  return turns.length > 0
}

export const tooMany = (): Problem =>
  new Problem("hook.too_many", {
    detail: `A webhook takes ${per_second} requests a second, and up to ${max_burst} at once after a pause.`,
    retry_after_s: 1,
  })
