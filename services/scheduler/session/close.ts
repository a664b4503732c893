import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { settle } from "../task/settle.ts"
import { attemptsOf } from "./held.ts"

/** A worker that leaves hands back what it still holds; nothing waits for its lease. */
export const closeSession =
  (engine: Engine) =>
  (session_id: string): Promise<void> =>
    engine.hot.tx(async (sql) => {
      const held = await attemptsOf(sql, session_id)
      await settle(
        engine,
        sql,
        held.map(({ task_run_id, token }) => ({ task_run_id, token, outcome: "released" as const })),
      )
      await markEnded(sql, session_id)
    })

const markEnded = (sql: Sql, session_id: string) =>
  sql`update scheduler.session set ended = true where id = ${session_id}::text::uuid`
