import { createHash } from "node:crypto"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Database } from "#kernel/database/database.ts"
import { startEmbedded } from "#kernel/database/embedded/start.ts"
import { migrate } from "#kernel/database/migrate.ts"
import { type MigrationSource, readMigrations } from "#kernel/database/migrations.ts"
import { openDatabase, openPool, type PoolOptions } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"

/** A server for many tests: careless with its data, small, and gone when this process is, however it ends. */
export const startTestServer = () =>
  startEmbedded({
    data: mkdtempSync(join(tmpdir(), "wf-test-")),
    scrap: true,
    log: silentLog,
    max_connections: 300,
    settings: {
      shared_buffers: "64MB",
      wal_level: "minimal",
      max_wal_senders: "0",
      autovacuum: "off",
      deadlock_timeout: "100ms",
    },
  })

let server: Promise<string> | undefined

/** The server that all test files of this process share; WF_TEST_POSTGRES_URL names one that is there already. */
const serverUrl = (): Promise<string> => {
  const given = process.env.WF_TEST_POSTGRES_URL
  server ??= given ? Promise.resolve(given) : startTestServer().then(({ url }) => url)
  return server
}

const urlOf = (base: string, database: string): string => {
  const url = new URL(base)
  url.pathname = `/${database}`
  return url.href
}

const common = { application_name: "test", log: silentLog } as const

/** Statements beside any test database, which CREATE DATABASE can't share a transaction with. */
const administer = async (work: (database: Database) => Promise<void>): Promise<void> => {
  const database = openDatabase({ ...common, url: await serverUrl(), schema: "public", max_sessions: 1 })
  try {
    await work(database)
  } finally {
    await database.close()
  }
}

const exists = async (database: Database, name: string): Promise<boolean> => {
  const found = await database.run((sql) => sql`select 1 from pg_database where datname = ${name}`)
  return found.length > 0
}

const fill = async (name: string, schema: string, sources: readonly MigrationSource[]): Promise<void> => {
  const database = openDatabase({ ...common, url: urlOf(await serverUrl(), name), schema, max_sessions: 1 })
  try {
    await migrate({ database, sources, log: silentLog })
  } finally {
    await database.close()
  }
}

const templates = new Map<string, Promise<string>>()

/** A database migrated once, to be copied: by name, so that other processes on the same server find it too. */
const makeTemplate = async (
  name: string,
  schema: string,
  sources: readonly MigrationSource[],
): Promise<string> => {
  await administer(async (database) => {
    if (await exists(database, name)) return
    const draft = `${name}_${process.pid}`
    await database.run((sql) => sql.script(`create database ${draft}`))
    await fill(draft, schema, sources)
    // Whoever renames first wins; the name appears only when the template is complete.
    await database
      .run((sql) => sql.script(`alter database ${draft} rename to ${name}`))
      .catch(() => database.run((sql) => sql.script(`drop database ${draft}`)))
  })
  return name
}

const templateFor = async (schema: string, sources: readonly MigrationSource[]): Promise<string> => {
  const digest = createHash("sha256").update(schema)
  for (const migration of await readMigrations(sources)) digest.update(migration.name + migration.digest)
  const name = `template_${digest.digest("hex").slice(0, 16)}`
  const template = templates.get(name) ?? makeTemplate(name, schema, sources)
  templates.set(name, template)
  return template
}

let made = 0

export type FreshDatabase = { readonly url: string; drop(): Promise<void> }

/** An empty database of its own, or a copy of a template. */
export const freshDatabase = async (template = "template1", search_path?: string): Promise<FreshDatabase> => {
  made += 1
  const name = `test_${process.pid}_${Date.now().toString(36)}_${made}`
  await administer((database) =>
    database.run(async (sql) => {
      await sql.script(`create database ${name} template ${template} strategy file_copy`)
      if (search_path !== undefined)
        await sql.script(`alter database ${name} set search_path = ${search_path}`)
    }),
  )
  return {
    url: urlOf(await serverUrl(), name),
    drop: () =>
      administer((database) =>
        database.run((sql) => sql.script(`drop database if exists ${name} with (force)`)),
      ),
  }
}

export type TestDatabaseOptions = Partial<Omit<PoolOptions, "url">> & {
  readonly schema: string
  readonly migrations?: readonly MigrationSource[]
  /** Where names without a schema are looked for. */
  readonly search_path?: string
}

/** A database of its own for a test file, migrated; closing it drops it. */
export const testDatabase = async ({
  schema,
  migrations = [],
  search_path,
  ...options
}: TestDatabaseOptions): Promise<Database> => {
  const fresh = await freshDatabase(await templateFor(schema, migrations), search_path)
  const pool = openPool({ ...common, max_sessions: 5, ...options, url: fresh.url })
  const close = async () => {
    await pool.close()
    await fresh.drop()
  }
  return { ...pool.database(schema), close }
}
