import { type Database, list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Counter, keyOf } from "./key.ts"
import { type Count, counted, rules, waitOf } from "./rules.ts"

/**
 * Counts a try before it is made, so that many at once don't pass together; refuses it when one of the counters says so, and then
 * counts nothing.
 */
export const attempt = async (database: Database, counters: readonly Counter[]): Promise<void> => {
  const wait_s = await database.tx((sql) => tryIn(sql, counters))
  if (wait_s === 0) return
  const detail = `This was tried too often: wait ${wait_s} s.`
  throw new Problem("auth.too_many", { retry_after_s: wait_s, detail })
}

/**
 * How long to wait; 0 when it is counted and may be tried. Who has to wait leaves no rows behind, whatever else they name: what is
 * there is read first. Only one who came while the last free try was being counted is found out later.
 */
export const tryIn = async (sql: Sql, counters: readonly Counter[]): Promise<number> => {
  const hexes = await hexesOf(counters)
  const waiting_s = longestOf(await readRows(sql, hexes))
  if (waiting_s > 0) return waiting_s
  await insertMissing(sql, hexes)
  const rows = await lockRows(sql, hexes)
  const wait_s = longestOf(rows)
  if (wait_s > 0) return wait_s
  const ruleOf = (key: string) => rules[counters[hexes.indexOf(key)]?.rule ?? "pair"]
  await writeRows(
    sql,
    rows.map((row) => ({ key: row.key, ...counted(row, ruleOf(row.key), row.now) })),
  )
  return 0
}

/** What was tried with success counts for nothing; the counters of the first list begin anew. */
export const forgive = async (
  database: Database,
  { anew, less }: { readonly anew: readonly Counter[]; readonly less: readonly Counter[] },
): Promise<void> => {
  const [fresh, others] = await Promise.all([hexesOf(anew), hexesOf(less)])
  await database.run((sql) => forget(sql, fresh, others))
}

const hexesOf = (counters: readonly Counter[]): Promise<readonly string[]> =>
  Promise.all(counters.map(async (one) => Buffer.from(await keyOf(one)).toString("hex")))

type Row = Count & { readonly key: string; readonly now: Date }

const longestOf = (rows: readonly Row[]): number => Math.max(0, ...rows.map((row) => waitOf(row, row.now)))

const readRows = (sql: Sql, hexes: readonly string[]) =>
  sql<Row>`
    select encode(key, 'hex') as key, level, at, free_at, clock_timestamp() as now
    from iam.throttle
    where key = any(select decode(hex, 'hex') from unnest(${list(hexes)}::text::text[]) as hex)`

/** In the order of their keys, as they are locked afterwards. */
const insertMissing = (sql: Sql, hexes: readonly string[]) =>
  sql`
    insert into iam.throttle (key)
    select decode(hex, 'hex') from unnest(${list(hexes)}::text::text[]) as hex order by hex
    on conflict do nothing`

const lockRows = (sql: Sql, hexes: readonly string[]) =>
  sql<Row>`
    select encode(key, 'hex') as key, level, at, free_at, clock_timestamp() as now
    from iam.throttle
    where key = any(select decode(hex, 'hex') from unnest(${list(hexes)}::text::text[]) as hex)
    order by key
    for update`

const writeRows = (sql: Sql, rows: readonly (Count & { readonly key: string })[]) =>
  sql`
    update iam.throttle set level = row.level, at = row.at, free_at = row.free_at
    from unnest(${list(rows.map(({ key }) => key))}::text::text[], ${list(rows.map(({ level }) => level))}::text::real[],
      ${list(rows.map(({ at }) => at.toISOString()))}::text::timestamptz[],
      ${list(rows.map(({ free_at }) => free_at.toISOString()))}::text::timestamptz[]) as row (hex, level, at, free_at)
    where key = decode(row.hex, 'hex')`

const forget = (sql: Sql, anew: readonly string[], less: readonly string[]) =>
  sql`
    with chosen as materialized (
      select key from iam.throttle
      where key = any(select decode(hex, 'hex') from unnest(${list([...anew, ...less])}::text::text[]) as hex)
      order by key
      for update
    )
    update iam.throttle
    set level = case when encode(throttle.key, 'hex') = any(${list(anew)}::text::text[]) then 0 else greatest(0, level - 1) end,
      free_at = now()
    from chosen
    where throttle.key = chosen.key`
