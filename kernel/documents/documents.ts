/** Its name, as that of a collection, is a word of small letters, digits and `_`. */
export type Field = { readonly name: string; readonly type: "text" | "number" }

/**
 * The fields that may be filtered and ordered by (`id` always may), and the indexes that serve it. A field that is
 * declared later holds for the documents that are written from then on.
 */
export type Collection = {
  readonly name: string
  readonly fields: readonly Field[]
  readonly indexes: readonly (readonly string[])[]
}

export type Document = { readonly id: string; readonly version: number } & Record<string, unknown>

type Bound = string | number

export type Condition =
  | Bound
  | { readonly gt?: Bound; readonly gte?: Bound; readonly lt?: Bound; readonly lte?: Bound }
  | { readonly in: readonly Bound[] }

export type Query = {
  readonly where: Readonly<Record<string, Condition>>
  /** Field and direction; `id` is added last so that the order is total. */
  readonly order: readonly (readonly [field: string, direction: "asc" | "desc"])[]
  readonly limit: number
  /** Texts that the document has all, somewhere in it, as JSON writes them; without an index. */
  readonly containing?: readonly string[]
  /** Answers `id`, `version` and the declared fields alone, without reading the rest. */
  readonly fields_only?: boolean
}

export type Tally = {
  readonly where: Query["where"]
  /** What is counted together: the same values of these fields, and the same stretch of that one. */
  readonly by: readonly string[]
  readonly stretch: { readonly field: string; readonly size: number }
  /** Counted by its values within each of these. */
  readonly spread: string
  readonly limit: number
}

export type Tallied = {
  readonly by: readonly (string | number | null)[]
  /** The field's value divided by the size, as a whole number. */
  readonly stretch: number
  /** Values of the field, null for none, and how many have them. */
  readonly spread: readonly (readonly [value: string | number | null, count: number])[]
}

/**
 * Documents by id. Uses nothing that only one of its stores can do. A document comes back as JSON would carry it,
 * whatever its names and texts; only what filters compare has U+FFFD for NUL and for lone surrogates, and ends
 * after 512 characters. A field that a document lacks is below every value in an order, and no condition holds for it.
 */
export type Documents = {
  /** Creates the collections and their indexes where they are missing, and drops indexes that are not declared any more. */
  prepare(collections: readonly Collection[]): Promise<void>
  /** Writes those that are new or have a higher version than what is stored; answers how many it wrote. */
  put(collection: Collection, documents: readonly Document[]): Promise<number>
  find(collection: Collection, query: Query): Promise<readonly Document[]>
  /** Counts in the store. What has no value to be stretched is left out. */
  tally(collection: Collection, tally: Tally): Promise<readonly Tallied[]>
  /** Deletes at most `limit` documents; answers how many. */
  remove(collection: Collection, where: Query["where"], limit: number): Promise<number>
  close(): Promise<void>
}
