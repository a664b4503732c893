import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { letterDeed, lettersDeeds } from "./deed.ts"
import { hasOpen, lockChosen, lockDeadLetter } from "./find.ts"
import type { Chosen } from "./shape.ts"

/** Takes it off the list; its job stays as it is, to be looked at. Doing it again changes nothing. */
export const dropDeadLetter =
  (database: Database) =>
  async (actor: Caller, id: string): Promise<void> => {
    allow(actor, "dead_letter.resolve")
    await database.tx(async (sql) => {
      const { resolution } = await lockDeadLetter(sql, actor.workspace_id, id)
      if (resolution === "replayed") {
        throw new Problem("dead_letter.resolved", { detail: "The dead letter was replayed." })
      }
      if (resolution !== null) return
      await drop(sql, [id])
      await record(sql, actor, [letterDeed("dropped", id)])
    })
  }

export const dropDeadLetters =
  (database: Database) =>
  async (actor: Caller, chosen: Chosen): Promise<{ dropped: number; more: boolean }> => {
    allow(actor, "dead_letter.resolve")
    const { workspace_id } = actor
    return database.tx(async (sql) => {
      const rows = await lockChosen(sql, workspace_id, chosen)
      const dropped = await drop(
        sql,
        rows.map(({ id }) => id),
      )
      const more = await hasOpen(sql, workspace_id, chosen)
      await record(sql, actor, lettersDeeds("dropped", chosen, dropped.length))
      return { dropped: dropped.length, more }
    })
  }

const drop = (sql: Sql, ids: readonly string[]) =>
  sql`
    update scheduler.dead_letter set resolved_at = now(), resolution = 'dropped'
    where id = any(${list(ids)}::text::uuid[]) and resolved_at is null
    returning id`
