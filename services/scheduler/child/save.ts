import { list, type Sql } from "#kernel/database/database.ts"
import { runMoves } from "../run/moves.ts"

/** The task of another run is moved on by who holds that run: a timer that is due says so. */
export const tellParents = async (sql: Sql, run_ids: readonly string[]): Promise<void> => {
  if (run_ids.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, task_run_id, run_id)
    select now(), 'child', child.task_run_id, child.parent_run_id
    from scheduler.child join scheduler.run as parent on parent.id = child.parent_run_id
    where child.run_id = any(${list(run_ids)}::text::uuid[])
      and parent.status = any(${list(runMoves.open)}::text::text[])
    order by child.run_id`
}

/** One that has not begun by now never will: its task doesn't wait any more. */
export const stopChildren = async (sql: Sql, run_ids: readonly string[]): Promise<void> => {
  if (run_ids.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, run_id)
    select now(), 'stop', id
    from scheduler.run
    where id = any(${list(run_ids)}::text::uuid[]) and status = any(${list(runMoves.open)}::text::text[])
    order by id`
}
