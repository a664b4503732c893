import {
  type AnyBulkWriteOperation,
  type Collection as Kept,
  MongoBulkWriteError,
  MongoClient,
  MongoNetworkError,
  MongoServerError,
  MongoServerSelectionError,
} from "mongodb"
import { Problem } from "#kernel/problem/problem.ts"
import type { Log } from "#kernel/telemetry/log.ts"
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

type MongoOptions = {
  readonly url: string
  readonly database_name: string
  readonly log: Log
  /** How long a server is looked for. */
  readonly timeout_ms?: number
}

/** The body is text, so that no name in it means anything to the store. */
type Row = { readonly _id: string; readonly version: number; readonly body: string } & Record<string, unknown>

type Filter = Record<string, Record<string, unknown>>

/** Means something in a pattern. */
const special = /[\\^$.*+?()[\]{}|/-]/g

const usual_timeout_ms = 10_000
const duplicate_key = 11_000
const no_collection = 26

const columnOf = (field: string): string => (field === "id" ? "_id" : `f_${field}`)

const rowOf = ({ fields }: Collection, { id, version, body, values }: Stored): Row => {
  const present = fields.flatMap(({ name }, index) => {
    const value = values[index]
    return value === null || value === undefined ? [] : [[columnOf(name), value] as const]
  })
  return { _id: id, version, body, ...Object.fromEntries(present) }
}

const operandOf = (comparison: Comparison): unknown =>
  comparison.operator === "in" ? [...comparison.values] : comparison.value

const filterOf = (collection: Collection, where: Query["where"]): Filter => {
  const filter: Filter = {}
  for (const comparison of toComparisons(collection, where)) {
    const column = columnOf(comparison.field)
    filter[column] = { ...filter[column], [`$${comparison.operator}`]: operandOf(comparison) }
  }
  return filter
}

const replacing = (row: Row, upsert: boolean): AnyBulkWriteOperation<Row> => {
  const { _id, ...replacement } = row
  return { replaceOne: { filter: { _id, version: { $lt: row.version } }, replacement, upsert } }
}

type Written = { readonly count: number; readonly refused: readonly Row[] }

/** A document that is there already with no lower version can't be found, and then can't be inserted either. */
const writeRows = async (kept: Kept<Row>, rows: readonly Row[], upsert: boolean): Promise<Written> => {
  const operations = rows.map((row) => replacing(row, upsert))
  try {
    const { upsertedCount, modifiedCount } = await kept.bulkWrite(operations, { ordered: false })
    return { count: upsertedCount + modifiedCount, refused: [] }
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error
    const failures = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors]
    if (failures.length === 0 || failures.some(({ code }) => code !== duplicate_key)) throw error
    const refused = failures.flatMap(({ index }) => rows[index] ?? [])
    return { count: error.upsertedCount + error.modifiedCount, refused }
  }
}

/** What was declared before and is not any more costs every write, and serves nobody. */
const dropOthers = async (kept: Kept<Row>, declared: ReadonlySet<string>): Promise<void> => {
  const there = await kept.indexes().catch((error: unknown) => {
    if (error instanceof MongoServerError && error.code === no_collection) return []
    throw error
  })
  for (const { name } of there) {
    if (name !== undefined && name !== "_id_" && !declared.has(name)) await kept.dropIndex(name)
  }
}

const prepareOne = async (kept: Kept<Row>, { indexes }: Collection): Promise<void> => {
  for (const fields of indexes) {
    const keys = [...fields.map(columnOf), "_id"].map((column) => [column, 1] as const)
    await kept.createIndex(Object.fromEntries(keys), { name: fields.join("_") })
  }
  await dropOthers(kept, new Set(indexes.map((fields) => fields.join("_"))))
}

const fieldsOf = (collection: Collection, row: Row): Document =>
  fromFields(collection, {
    id: row._id,
    version: row.version,
    values: collection.fields.map(({ name }) => (row[columnOf(name)] ?? null) as string | number | null),
  })

type Group = Readonly<Record<string, string | number | null>>

type TallyRow = {
  readonly _id: Group
  readonly spread: readonly { readonly value?: string | number | null; readonly count: number }[]
}

const tallyPipeline = (collection: Collection, { where, by, stretch, spread, limit }: Tally) => {
  const place = `$${columnOf(stretch.field)}`
  const keys = by.map((name, index) => [`k${index}`, { $ifNull: [`$${columnOf(name)}`, null] }] as const)
  const outer = [...keys.map(([key]) => [key, `$_id.${key}`] as const), ["stretch", "$_id.stretch"] as const]
  return [
    { $match: { $and: [filterOf(collection, where), { [columnOf(stretch.field)]: { $ne: null } }] } },
    {
      $group: {
        _id: {
          ...Object.fromEntries(keys),
          stretch: { $floor: { $divide: [place, stretch.size] } },
          value: { $ifNull: [`$${columnOf(spread)}`, null] },
        },
        count: { $sum: 1 },
      },
    },
    {
      $group: {
        _id: Object.fromEntries(outer),
        spread: { $push: { value: "$_id.value", count: "$count" } },
      },
    },
    { $limit: limit },
  ]
}

const tallied = async (
  kept: Kept<Row>,
  collection: Collection,
  tally: Tally,
): Promise<readonly Tallied[]> => {
  checkTally(collection, tally)
  const rows = await kept.aggregate<TallyRow>(tallyPipeline(collection, tally)).toArray()
  return rows.map(({ _id, spread }) => ({
    by: tally.by.map((_, index) => _id[`k${index}`] ?? null),
    stretch: Number(_id.stretch),
    spread: spread.map(({ value, count }) => [value ?? null, count] as const),
  }))
}

const openClient = ({ url, log, timeout_ms = usual_timeout_ms }: MongoOptions): MongoClient => {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: timeout_ms,
    socketTimeoutMS: timeout_ms * 3,
    writeConcern: { w: "majority", journal: true, wtimeoutMS: timeout_ms },
    readConcern: { level: "majority" },
  })
  client.on("serverHeartbeatFailed", ({ failure }) =>
    log.warn({ event: "documents.unreachable", error: failure }),
  )
  return client
}

const isAway = (error: unknown): boolean =>
  error instanceof MongoNetworkError || error instanceof MongoServerSelectionError

/**
 * A server that is away, or doesn't answer in time, is no bug: whoever asks may ask again. To connect does nothing where that
 * was done; a client whose first try failed never tries again by itself. One that was closed would open itself.
 */
const reaching =
  (client: MongoClient, isClosed: () => boolean) =>
  async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    try {
      if (!isClosed()) await client.connect()
      return await ask()
    } catch (cause) {
      if (!isAway(cause)) throw cause
      const detail = "The store of documents does not answer"
      throw new Problem("platform.unavailable", { detail, retry_after_s: 1, cause })
    }
  }

/** A MongoDB collection for each. Needs no transactions, text indexes or collations. */
export const mongoDocuments = (options: MongoOptions): Documents => {
  const client = openClient(options)
  let closed = false
  const reached = reaching(client, () => closed)
  const own = documentsOf(client, options.database_name)
  return {
    prepare: (collections) => reached(() => own.prepare(collections)),
    put: (collection, documents) => reached(() => own.put(collection, documents)),
    find: (collection, query) => reached(() => own.find(collection, query)),
    tally: (collection, tally) => reached(() => own.tally(collection, tally)),
    remove: (collection, where, limit) => reached(() => own.remove(collection, where, limit)),
    close() {
      closed = true
      return client.close()
    },
  }
}

const documentsOf = (client: MongoClient, database_name: string): Omit<Documents, "close"> => {
  const keptOf = ({ name }: Collection) => client.db(database_name).collection<Row>(name)
  return {
    async prepare(collections) {
      for (const collection of collections) {
        checkCollection(collection)
        await prepareOne(keptOf(collection), collection)
      }
    },
    async put(collection, documents) {
      const rows = toStored(collection, documents).map((stored) => rowOf(collection, stored))
      if (rows.length === 0) return 0
      const kept = keptOf(collection)
      const first = await writeRows(kept, rows, true)
      if (first.refused.length === 0) return first.count
      // Two may have inserted at once, and the lower version was first: now that it is there it can be replaced.
      const second = await writeRows(kept, first.refused, false)
      return first.count + second.count
    },
    async find(collection, { where, order, limit, containing = [], fields_only = false }) {
      const sort = toOrdering(collection, order).map(
        ([field, direction]) => [columnOf(field), direction === "asc" ? 1 : -1] as [string, 1 | -1],
      )
      const texts = containing.map((text) => ({ body: { $regex: text.replaceAll(special, "\\$&") } }))
      const filter = { ...filterOf(collection, where), ...(texts.length > 0 && { $and: texts }) }
      if (limit <= 0) return []
      const projection = fields_only ? { body: 0 } : { body: 1 }
      const rows = await keptOf(collection)
        .find(filter as object, { projection, sort, limit })
        .toArray()
      return rows.map((row) => (fields_only ? fieldsOf(collection, row as Row) : fromBody(row.body)))
    },
    tally: (collection, tally) => tallied(keptOf(collection), collection, tally),
    async remove(collection, where, limit) {
      const filter = filterOf(collection, where)
      if (limit <= 0) return 0
      const kept = keptOf(collection)
      const found = await kept.find(filter as object, { projection: { _id: 1 }, limit }).toArray()
      const { deletedCount } = await kept.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } })
      return deletedCount
    },
  }
}
