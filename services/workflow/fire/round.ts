import type { Sql } from "#kernel/database/database.ts"
import type { Firing } from "./clock.ts"
import { alignSchedules, recordDue } from "./record.ts"
import { settleFires } from "./settle.ts"
import { startFires } from "./start.ts"

/** A clock that goes back by less than this is only being set right. */
const max_drift_ms = 1_000
/** Nobody waits longer for a look at what may have been made meanwhile. */
export const max_rest_ms = 1_000
/** What is due may be in another instance's hands. */
const min_rest_ms = 50

/**
 * What is due gets its row, then its decision, then its run; every instance may do this at once. Answers for how long
 * nothing will be due.
 */
export const fireRound = (firing: Firing): (() => Promise<number>) => {
  const { database, log } = firing
  const start = startFires(firing)
  let seen: number | undefined

  /** Also at the first look: the clock may have been set while nobody was here. */
  const align = async (now: number): Promise<void> => {
    const went_back = seen === undefined || now < seen - max_drift_ms
    if (went_back && seen !== undefined) log.warn({ event: "clock.went_back", by_ms: seen - now })
    if (went_back) await alignSchedules(firing)
    seen = now
  }

  return async () => {
    const now = await database.run(firing.readNow)
    await align(now)
    const due = await database.run(findNext)
    if (due === null || due > now) return Math.min(due === null ? max_rest_ms : due - now, max_rest_ms)
    const more = [await recordDue(firing), await settleFires(firing), await start()]
    return more.includes(true) ? 0 : min_rest_ms
  }
}

const findNext = async (sql: Sql): Promise<number | null> => {
  const [row] = await sql<{ due: Date | null }>`
    select least(
      (select min(next_at) from workflow.schedule where next_at is not null),
      (select min(look_at) from workflow.fire where look_at is not null)
    ) as due`
  return row?.due?.getTime() ?? null
}
