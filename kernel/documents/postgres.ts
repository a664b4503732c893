import { type Database, lines, list, type Sql, type Value } from "#kernel/database/database.ts"
import type { Collection, Document, Documents, Query, Tallied, Tally } from "./documents.ts"
import {
  type Comparison,
  checkCollection,
  checkTally,
  fromBody,
  fromFields,
  type Stored,
  toComparisons,
  toOrdering,
  toStored,
} from "./stored.ts"

/** An index over what is there already may take longer than other transactions. */
const prepare_ms = 120_000
const max_name_length = 63

const operators = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const
const types = { text: `text collate "C"`, number: "float8" } as const
const casts = { text: "text", number: "float8" } as const

/** Every name is checked to be a word before it is quoted. */
const tableOf = (schema: string, { name }: Collection): string => `"${schema}"."doc_${name}"`

const columnOf = (field: string): string => (field === "id" ? "id" : `"f_${field}"`)

const createTable = (schema: string, collection: Collection): string => {
  const table = tableOf(schema, collection)
  const lines = [
    `create table if not exists ${table} (id text collate "C" primary key, version bigint not null, body text not null);`,
  ]
  for (const { name, type } of collection.fields) {
    lines.push(`alter table ${table} add column if not exists ${columnOf(name)} ${types[type]};`)
  }
  for (const fields of collection.indexes) {
    const name = `doc_${collection.name}_${fields.join("_")}`
    if (name.length > max_name_length) throw new Error(`The name of the index ${name} is too long`)
    const columns = fields.map((field) => `${columnOf(field)} asc nulls first`).join(", ")
    lines.push(`create index if not exists "${name}" on ${table} (${columns}, id);`)
  }
  return lines.join("\n")
}

/** What was declared before and is not any more costs every write, and serves nobody. */
const dropOthers = async (sql: Sql, collection: Collection): Promise<void> => {
  const declared = collection.indexes.map((fields) => `doc_${collection.name}_${fields.join("_")}`)
  const others = await sql.statement<{ name: string }>(
    `select kept.relname as name from pg_index
     join pg_class as kept on kept.oid = indexrelid
     where indrelid = $1::text::regclass and not indisprimary and kept.relname <> all($2::text::text[])`,
    [tableOf(sql.schema, collection), list(declared)],
  )
  for (const { name } of others) await sql.script(`drop index "${sql.schema}"."${name}"`)
}

const conditionOf = (comparison: Comparison, values: Value[]): string => {
  const { field, type } = comparison
  if (comparison.operator === "in") {
    values.push(list(comparison.values))
    return `${columnOf(field)} = any($${values.length}::text::${casts[type]}[])`
  }
  values.push(comparison.value)
  return `${columnOf(field)} ${operators[comparison.operator]} $${values.length}::${casts[type]}`
}

const filterOf = (collection: Collection, where: Query["where"], values: Value[]): string => {
  const conditions = toComparisons(collection, where).map((comparison) => conditionOf(comparison, values))
  return conditions.length === 0 ? "true" : conditions.join(" and ")
}

const orderOf = (collection: Collection, order: Query["order"]): string =>
  toOrdering(collection, order)
    .map(
      ([field, direction]) =>
        `${columnOf(field)} ${direction === "asc" ? "asc nulls first" : "desc nulls last"}`,
    )
    .join(", ")

const write = async (sql: Sql, collection: Collection, stored: readonly Stored[]): Promise<number> => {
  const { fields } = collection
  const columns = ["id", "version", "body", ...fields.map(({ name }) => columnOf(name))]
  const types = fields.map(({ type }) => casts[type])
  const values = [
    list(stored.map(({ id }) => id)),
    list(stored.map(({ version }) => version)),
    lines(stored.map(({ body }) => body)),
    ...fields.map((_, index) => list(stored.map((one) => one.values[index] ?? null))),
  ]
  const bodies = "string_to_array($3::text, E'\\n')"
  const rest = types.map((type, index) => `$${index + 4}::text::${type}[]`)
  const changes = columns.slice(1).map((column) => `${column} = excluded.${column}`)
  const rows = await sql.statement(
    `insert into ${tableOf(sql.schema, collection)} as kept (${columns.join(", ")})
     select * from unnest(${["$1::text::text[]", "$2::text::bigint[]", bodies, ...rest].join(", ")})
     on conflict (id) do update set ${changes.join(", ")} where excluded.version > kept.version
     returning 1`,
    values,
  )
  return rows.length
}

type FieldsRow = { readonly id: string; readonly version: string } & Record<string, string | number | null>

const read = async (sql: Sql, collection: Collection, query: Query): Promise<readonly Document[]> => {
  const values: Value[] = []
  const filter = filterOf(collection, query.where, values)
  const containing = (query.containing ?? []).map((text) => {
    values.push(text)
    return `and position($${values.length}::text in body) > 0`
  })
  values.push(query.limit)
  const rest = `from ${tableOf(sql.schema, collection)} where ${filter} ${containing.join(" ")}
    order by ${orderOf(collection, query.order)} limit $${values.length}::int`
  if (!query.fields_only) {
    const rows = await sql.statement<{ body: string }>(`select body ${rest}`, values)
    return rows.map(({ body }) => fromBody(body))
  }
  const columns = collection.fields.map(({ name }) => columnOf(name))
  const rows = await sql.statement<FieldsRow>(
    `select ${["id", "version", ...columns].join(", ")} ${rest}`,
    values,
  )
  return rows.map((row) =>
    fromFields(collection, {
      id: row.id,
      version: Number(row.version),
      values: collection.fields.map(({ name }) => row[`f_${name}`] ?? null),
    }),
  )
}

type TallyRow = { readonly stretch: number; readonly spread: string } & Record<string, string | number | null>

const tallied = async (sql: Sql, collection: Collection, tally: Tally): Promise<readonly Tallied[]> => {
  checkTally(collection, tally)
  const values: Value[] = []
  const filter = filterOf(collection, tally.where, values)
  values.push(tally.stretch.size, tally.limit)
  const place = columnOf(tally.stretch.field)
  const keys = tally.by.map(columnOf)
  const rows = await sql.statement<TallyRow>(
    `select ${[...keys, "stretch"].join(", ")}, json_agg(json_build_array(value, count))::text as spread from (
       select ${[...keys, `floor(${place} / $${values.length - 1}::float8) as stretch`].join(", ")},
         ${columnOf(tally.spread)} as value, count(*) as count
       from ${tableOf(sql.schema, collection)} where ${filter} and ${place} is not null
       group by ${[...keys, "stretch", "value"].join(", ")}
     ) as counted
     group by ${[...keys, "stretch"].join(", ")} limit $${values.length}::int`,
    values,
  )
  return rows.map((row) => ({
    by: keys.map((key) => row[key.replaceAll('"', "")] ?? null),
    stretch: row.stretch,
    spread: JSON.parse(row.spread),
  }))
}

/** A table per collection, in the database's own schema. The database stays its owner's to close. */
export const postgresDocuments = ({ database }: { readonly database: Database }): Documents => ({
  async prepare(collections) {
    for (const collection of collections) checkCollection(collection)
    await database.tx(
      async (sql) => {
        await sql`select pg_advisory_xact_lock(hashtextextended(${`wf.documents.${sql.schema}`}, 0))`
        await sql.script(`create schema if not exists "${sql.schema}"`)
        for (const collection of collections) {
          await sql.script(createTable(sql.schema, collection))
          await dropOthers(sql, collection)
        }
      },
      { tx_ms: prepare_ms },
    )
  },
  async put(collection, documents) {
    const stored = toStored(collection, documents)
    return stored.length === 0 ? 0 : database.run((sql) => write(sql, collection, stored))
  },
  find: (collection, query) => database.run((sql) => read(sql, collection, query)),
  tally: (collection, tally) => database.run((sql) => tallied(sql, collection, tally)),
  async remove(collection, where, limit) {
    const values: Value[] = []
    const filter = filterOf(collection, where, values)
    values.push(limit)
    const rows = await database.run((sql) => {
      const table = tableOf(sql.schema, collection)
      return sql.statement(
        `delete from ${table} where id in (select id from ${table} where ${filter} limit $${values.length}::int)
         returning 1`,
        values,
      )
    })
    return rows.length
  },
  close: () => Promise.resolve(),
})
