import { createHash } from "node:crypto"
import { readdir, readFile, stat } from "node:fs/promises"
import { basename, join } from "node:path"

/** Where migrations come from: a folder of `NNNN_name.sql`, or one such file (without a number it is the first). */
export type MigrationSource = {
  /** Recorded before the name, so that kernel tables and a service's own are counted apart: `kernel/outbox/`. */
  readonly prefix: string
  readonly path: string
}

export type Migration = {
  readonly prefix: string
  readonly number: number
  readonly name: string
  readonly text: string
  readonly digest: string
  /** The lowest newest-migration of a release that still works once this one is applied; undefined: as before. */
  readonly oldest_reader: number | undefined
}

const fileName = /^(?:(\d{4})_)?([a-z][a-z0-9_]*)\.sql$/
const declared = /^--\s*oldest_reader:\s*(\d+)\s*$/m
const endsTransaction = /(?:^|;)\s*(?:commit|rollback|begin|start\s+transaction)\s*;/im
const breaksReaders = /\b(?:drop\s+(?:table|column|type|view)|rename)\b/i

const check = (file: string, text: string, oldest_reader: number | undefined): void => {
  if (endsTransaction.test(text)) {
    throw new Error(`${file} begins or ends a transaction; each migration already runs in one of its own`)
  }
  if (oldest_reader === undefined && breaksReaders.test(text)) {
    throw new Error(
      `${file} drops or renames something: say in its first lines who can still read the schema, as \`-- oldest_reader: N\``,
    )
  }
}

const readMigration = async (prefix: string, path: string): Promise<Migration> => {
  const file = basename(path)
  const [, digits = "0001", name] = fileName.exec(file) ?? []
  if (name === undefined) throw new Error(`${file} is not named NNNN_name.sql`)
  const text = (await readFile(path, "utf8")).replaceAll("\r\n", "\n")
  const reader = declared.exec(text)?.[1]
  const oldest_reader = reader === undefined ? undefined : Number(reader)
  check(file, text, oldest_reader)
  const digest = createHash("sha256").update(text).digest("hex")
  return { prefix, number: Number(digits), name: `${prefix}${name}`, text, digest, oldest_reader }
}

const readSource = async ({ prefix, path }: MigrationSource): Promise<readonly Migration[]> => {
  const files = (await stat(path)).isDirectory()
    ? (await readdir(path)).filter((file) => file.endsWith(".sql")).map((file) => join(path, file))
    : [path]
  const migrations = await Promise.all(files.sort().map((file) => readMigration(prefix, file)))
  for (const [place, { number, name }] of migrations.entries()) {
    if (number !== place + 1) {
      throw new Error(`${name} has the number ${number}, but is migration ${place + 1} of ${path}`)
    }
  }
  return migrations
}

/** In the order in which they are applied: sources as given, each by number. */
export const readMigrations = async (sources: readonly MigrationSource[]): Promise<readonly Migration[]> =>
  (await Promise.all(sources.map(readSource))).flat()
