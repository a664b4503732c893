import type { Actor } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { type Page, type PageOf, pageOf } from "#kernel/http/page.ts"
import { entryOf, readEntries, scopeOf } from "./read.ts"
import type { AuditEntry, AuditFilter } from "./shape.ts"

/** Newest first. */
export const listAudit =
  (database: Database) =>
  async (actor: Actor, { limit, cursor, ...filter }: AuditFilter & Page): Promise<PageOf<AuditEntry>> => {
    const wanted = { ...filter, scope_id: scopeOf(actor, filter), before: cursor, limit: limit + 1 }
    const rows = await database.run((sql) => readEntries(sql, wanted))
    return pageOf(rows.map(entryOf), limit, ({ id }) => id)
  }
