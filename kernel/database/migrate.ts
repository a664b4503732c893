import type { Log } from "#kernel/telemetry/log.ts"
import type { Database, Sql } from "./database.ts"
import { type Migration, type MigrationSource, readMigrations } from "./migrations.ts"

type Applied = {
  readonly number: number
  readonly name: string
  readonly digest: string
  readonly oldest_reader: number
}

type MigrateOptions = {
  readonly database: Database
  readonly sources: readonly MigrationSource[]
  readonly log: Log
  /** How long one migration, and the wait for others that migrate the same schema, may take. */
  readonly migrate_ms?: number
}

/** The schema and this code don't fit together. The message says what to do. */
export class MigrationRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = "MigrationRefused"
  }
}

const prefixOf = (name: string): string => name.slice(0, name.lastIndexOf("/") + 1)

const newestOf = (migrations: readonly Migration[], prefix: string): number =>
  migrations.reduce(
    (newest, { prefix: own, number }) => (own === prefix ? Math.max(newest, number) : newest),
    0,
  )

const refuseChanged = (migration: Migration, row: Applied): void => {
  if (row.digest === migration.digest) return
  throw new MigrationRefused(
    `Migration ${migration.number} ${migration.name} was changed after it had been applied. ` +
      "Restore the file as it was, and put the change into a new migration.",
  )
}

const refuseTooNew = (
  schema: string,
  migrations: readonly Migration[],
  applied: readonly Applied[],
): void => {
  for (const row of applied) {
    const newest = newestOf(migrations, prefixOf(row.name))
    if (row.oldest_reader <= newest) continue
    throw new MigrationRefused(
      `Schema ${schema} was migrated by a newer release (${row.number} ${row.name}), which needs code that knows ` +
        `migration ${row.oldest_reader}; this release knows ${newest}. Start that newer release, or restore a backup.`,
    )
  }
}

/** The first that is still to be applied; refuses where code and schema don't fit. */
const nextMigration = (
  schema: string,
  migrations: readonly Migration[],
  applied: readonly Applied[],
): Migration | undefined => {
  refuseTooNew(schema, migrations, applied)
  let next: Migration | undefined
  for (const migration of migrations) {
    const row = applied.find(
      ({ number, name }) => number === migration.number && prefixOf(name) === migration.prefix,
    )
    if (row) refuseChanged(migration, row)
    else next ??= migration
  }
  return next
}

/** Unless it says otherwise, whoever could read the schema before still can: migrations add, and remove later. */
const oldestReader = (migration: Migration, applied: readonly Applied[]): number => {
  const before = applied.filter(({ name }) => prefixOf(name) === migration.prefix)
  return migration.oldest_reader ?? Math.max(0, ...before.map(({ oldest_reader }) => oldest_reader))
}

const quoted = (schema: string): string => {
  if (!/^[a-z][a-z0-9_]*$/.test(schema)) throw new Error(`${schema} is no name for a schema`)
  return `"${schema}"`
}

const readApplied = async (sql: Sql, schema: string): Promise<readonly Applied[]> => {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`wf.migrate.${sql.schema}`}, 0))`
  const [there] = await sql<{ found: boolean }>`
    select to_regclass(${`${schema}.migration`}) is not null as found`
  if (!there?.found) {
    await sql.script(`
      create schema if not exists ${schema};
      create table ${schema}.migration (
        number int not null,
        name text primary key,
        digest text not null,
        oldest_reader int not null,
        applied_at timestamptz not null default now()
      )`)
  }
  return sql.statement<Applied>(`select number, name, digest, oldest_reader from ${schema}.migration`, [])
}

/** Applies one migration; answers false when there was none left. */
const applyNext = async (sql: Sql, migrations: readonly Migration[]): Promise<Migration | undefined> => {
  const schema = quoted(sql.schema)
  const applied = await readApplied(sql, schema)
  const migration = nextMigration(sql.schema, migrations, applied)
  if (!migration) return undefined
  await sql.script(`set local search_path = ${schema}`)
  await sql.script(migration.text)
  await sql.statement(
    `insert into ${schema}.migration (number, name, digest, oldest_reader) values ($1, $2, $3, $4)`,
    [migration.number, migration.name, migration.digest, oldestReader(migration, applied)],
  )
  return migration
}

/** Brings a schema to where this code needs it. Any number of starters may do it at once. */
export const migrate = async ({
  database,
  sources,
  log,
  migrate_ms = 300_000,
}: MigrateOptions): Promise<void> => {
  const migrations = await readMigrations(sources)
  for (;;) {
    const migration = await database.tx((sql) => applyNext(sql, migrations), { tx_ms: migrate_ms })
    if (!migration) return
    const { number, name } = migration
    log.info({ event: "database.migrated", schema: database.schema, number, name })
  }
}
