import type { Firing } from "./clock.ts"
import { iso } from "./clock.ts"

const max_removed = 5_000
const day_ms = 86_400_000

/** History is kept for so long; what still has to be done, and the latest of each schedule, for ever. */
export const cleanFires =
  ({ database, readNow }: Firing, keep_days: number) =>
  async (): Promise<boolean> => {
    const removed = await database.run(async (sql) => {
      const before = iso((await readNow(sql)) - keep_days * day_ms)
      return sql`
        delete from workflow.fire where ctid = any(array(
          select fire.ctid from workflow.fire
          where decided_at < ${before}::text::timestamptz and look_at is null and not active
            and exists (
              select from workflow.fire as later
              where later.schedule_id = fire.schedule_id and later.fire_at > fire.fire_at
            )
          order by decided_at
          limit ${max_removed}::int
        ))
        returning schedule_id`
    })
    return removed.length === max_removed
  }
