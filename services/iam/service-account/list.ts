import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { enter } from "../workspace/enter.ts"
import { readAccounts } from "./read.ts"
import { type ServiceAccount, serviceAccountOf } from "./shape.ts"

export const listServiceAccounts =
  (database: Database) =>
  (actor: Actor, workspace_id: string, { limit, cursor }: Page): Promise<PageOf<ServiceAccount>> =>
    database.run(async (sql) => {
      allow(await enter(sql, actor, workspace_id), "member.read")
      const rows = await readAccounts(sql, { workspace_id, after: cursor ?? null, limit: limit + 1 })
      return pageOf(rows.map(serviceAccountOf), limit, ({ id }) => id)
    })
