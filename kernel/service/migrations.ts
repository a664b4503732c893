import type { MigrationSource } from "#kernel/database/migrations.ts"

const outbox = new URL("../outbox/tables.sql", import.meta.url).pathname

/** What makes up a service's schema: its outbox and inbox, and then its own tables. */
export const migrationsOf = (folder: string): readonly MigrationSource[] => [
  { prefix: "kernel/outbox/", path: outbox },
  { prefix: "", path: folder },
]
