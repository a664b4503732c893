import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { enter } from "../workspace/enter.ts"
import { memberOf, readMembers } from "./read.ts"
import type { Member } from "./shape.ts"

export const listMembers =
  (database: Database) =>
  (actor: Actor, workspace_id: string, { limit, cursor }: Page): Promise<PageOf<Member>> =>
    database.run(async (sql) => {
      allow(await enter(sql, actor, workspace_id), "member.read")
      const rows = await readMembers(sql, { workspace_id, after: cursor ?? null, limit: limit + 1 })
      return pageOf(rows.map(memberOf), limit, ({ user_id }) => user_id)
    })
