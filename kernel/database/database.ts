/**
 * What a statement takes. Lists travel as `list(…)` and objects as `json(…)`, cast in the statement.
 * What it gives: int8 and numeric are strings (cast `count(*)::int`), timestamptz is a Date of whole
 * milliseconds, date and timestamp are strings, json is parsed, one-dimensional arrays are lists.
 */
export type Value = string | number | bigint | boolean | Date | Uint8Array | null

/** A statement in a transaction. Refused once the transaction is over. */
export type Sql = {
  <Row extends object = Record<string, unknown>>(
    text: TemplateStringsArray,
    ...values: readonly Value[]
  ): Promise<readonly Row[]>
  /** For the kernel only, whose statements name a schema known at run time. */
  statement<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly Value[],
  ): Promise<readonly Row[]>
  /** For migrations only: several statements in one text, without values. */
  script(text: string): Promise<void>
  /**
   * The last statement, sent when the work is done: as a transaction of its own if nothing else was sent and the work
   * `begins_late`. Its answer comes with the commit, so the work must not wait for it.
   */
  last<Row extends object = Record<string, unknown>>(
    text: TemplateStringsArray,
    ...values: readonly Value[]
  ): Promise<readonly Row[]>
  /** The schema of the service whose transaction this is. */
  readonly schema: string
  /** Runs after the commit is certain; never when it failed or is unknown. */
  afterCommit(work: () => void): void
}

export type TxOptions = {
  /** Deadline of the whole transaction (in `run`: of each statement); its end destroys the session. */
  readonly tx_ms?: number
  /** Tries in all when PostgreSQL answers deadlock or serialisation failure. Default 3. */
  readonly max_tries?: number
  /**
   * BEGIN is sent with the first statement, without waiting for its answer; with a last statement alone there is none.
   * For work whose first statements only read or lock, and would do no harm outside of it.
   */
  readonly begins_late?: boolean
}

/** One service's way to its schema in PostgreSQL. */
export type Database = {
  readonly schema: string
  /**
   * All or nothing. Resolves only on COMMIT's own tag; a statement's error fails it even if swallowed.
   * The work is done anew after a deadlock, so what it does besides its statements belongs in `afterCommit`.
   */
  tx<Result>(work: (sql: Sql) => Promise<Result>, options?: TxOptions): Promise<Result>
  /** Single statements, each atomic by itself and on whatever session is free. */
  run<Result>(work: (sql: Sql) => Promise<Result>, options?: TxOptions): Promise<Result>
  close(): Promise<void>
}

/** A PostgreSQL array literal, to be cast in the statement: `${list(ids)}::text::uuid[]`. */
export const list = (values: readonly (string | number | boolean | null)[]): string => {
  let text = ""
  for (const value of values) {
    if (text !== "") text += ","
    text += value === null ? "NULL" : typeof value === "string" ? quoted(value) : String(value)
  }
  return `{${text}}`
}

/** Of values that are mostly null: beside other lists in one `unnest`, a shorter one is filled up with nulls. */
export const listUnlessEmpty = (values: readonly (string | null)[]): string =>
  values.every((value) => value === null) ? "{}" : list(values)

/** What stands for itself in a literal: ids, numbers, times. */
const isPlain = (value: string): boolean => /^[\w.:+-]+$/.test(value) && !/^null$/i.test(value)

const quoted = (value: string): string =>
  isPlain(value) ? value : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`

/**
 * Texts of JSON one to a line, which has no line breaks of its own: `string_to_array(${lines(texts)}, E'\\n')`. Neither
 * side has to look at each of their characters, as an array literal's quotes would ask for.
 */
export const lines = (texts: readonly string[]): string => texts.join("\n")

/** JSON text, to be cast in the statement: `${json(inputs)}::text::json`. */
export const json = (value: unknown): string => JSON.stringify(value ?? null)
