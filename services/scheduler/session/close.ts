import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { attemptsOf, takeBack } from "./held.ts"

/** A worker that leaves hands back what it still holds; nothing waits for its lease. Ended first, so it claims no more. */
export const closeSession =
  (engine: Engine) =>
  async (session_id: string): Promise<void> => {
    const held = await engine.hot.run(async (sql) => {
      await markEnded(sql, session_id)
      return attemptsOf(sql, session_id)
    })
    await takeBack(engine, held, "released")
  }

const markEnded = (sql: Sql, session_id: string) =>
  sql`update scheduler.session set ended = true where id = ${session_id}::text::uuid`
