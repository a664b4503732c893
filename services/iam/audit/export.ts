import type { Actor } from "#kernel/auth/actor.ts"
import type { Database } from "#kernel/database/database.ts"
import { entryOf, readEntries, scopeOf } from "./read.ts"
import type { AuditEntry, AuditFilter } from "./shape.ts"

const page_size = 500

/** All of it, newest first, read only as fast as it is taken. Who may not is refused before the first one. */
export const exportAudit =
  (database: Database) =>
  async (actor: Actor, filter: AuditFilter): Promise<AsyncGenerator<AuditEntry>> =>
    pages(database, { ...filter, scope_id: scopeOf(actor, filter) })

async function* pages(
  database: Database,
  wanted: AuditFilter & { readonly scope_id: string },
): AsyncGenerator<AuditEntry> {
  let before: string | undefined
  do {
    const from = before
    const rows = await database.run((sql) => readEntries(sql, { ...wanted, before: from, limit: page_size }))
    for (const row of rows) yield entryOf(row)
    before = rows.length < page_size ? undefined : rows.at(-1)?.id
  } while (before !== undefined)
}
