import { afterAll, beforeAll, expect, test } from "bun:test"
import { isDataError } from "#kernel/database/failure.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { type FreshDatabase, freshDatabase } from "#kernel/testing/database.ts"
import { startProxy } from "#kernel/testing/proxy.ts"
import { until } from "#kernel/testing/until.ts"
import { type Database, json, list, type Sql } from "./database.ts"
import { insideTransaction } from "./inside.ts"
import { openDatabase, openPool, type PoolOptions } from "./open.ts"

let fresh: FreshDatabase
let database: Database

const open = (options: Partial<PoolOptions> = {}) =>
  openDatabase({ url: fresh.url, schema: "public", application_name: "tested", log: silentLog, ...options })

beforeAll(async () => {
  fresh = await freshDatabase()
  database = open()
  await database.run((sql) => sql.script("create table mark (tx text, part int, primary key (tx, part))"))
})

afterAll(async () => {
  await database.close()
  await fresh.drop()
})

const put = (sql: Sql, tx: string, part = 1) => sql`insert into mark (tx, part) values (${tx}, ${part})`

const parts = async (tx: string): Promise<number> => {
  const [row] = await database.run(
    (sql) => sql<{ n: number }>`select count(*)::int n from mark where tx = ${tx}`,
  )
  return row?.n ?? -1
}

const refusalOf = async (work: Promise<unknown>): Promise<unknown> => {
  const settled = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return settled instanceof Problem ? settled.code : settled
}

test("values and rows keep their kind", async () => {
  const at = new Date("2026-02-03T04:05:06.789Z")
  const [row] = await database.run(
    (
      sql,
    ) => sql`select ${at}::timestamptz at, ${at.toISOString()}::timestamptz same, ${7}::int four, ${7n}::int8 eight,
      ${true}::boolean yes, ${null}::text nothing, ${Uint8Array.of(0, 255)}::bytea bytes, ${"a'b"}::text text,
      ${json({ a: ["é", null] })}::jsonb plain, ${json("x")}::text::json cast, '2026-02-03'::date as day,
      ${list(["a", 'b"\\c,{}', null, "NULL", ""])}::text[] texts, ${list([1, null])}::int[] numbers,
      '{}'::text[] none, ${list([true, false])}::boolean[] booleans`,
  )
  expect(row).toEqual({
    at,
    same: at,
    four: 7,
    eight: "7",
    yes: true,
    nothing: null,
    bytes: Buffer.from([0, 255]),
    text: "a'b",
    plain: { a: ["é", null] },
    cast: "x",
    day: "2026-02-03",
    texts: ["a", 'b"\\c,{}', null, "NULL", ""],
    numbers: [1, null],
    none: [],
    booleans: [true, false],
  })
})

test("statements are prepared", async () => {
  const names = await database.tx(async (sql) => {
    await sql`select ${1}::int seen`
    return sql`select from pg_prepared_statements where statement like '%seen%'`
  })
  expect(names.length).toBeGreaterThan(0)
})

test("a transaction is all or nothing", async () => {
  await database.tx(async (sql) => {
    await put(sql, "all", 1)
    await put(sql, "all", 2)
  })
  const failed = database.tx(async (sql) => {
    await put(sql, "none")
    throw new Problem("run.not_found")
  })
  expect(await refusalOf(failed)).toBe("run.not_found")
  expect([await parts("all"), await parts("none")]).toEqual([2, 0])
})

test("a failure that the work swallows still fails the transaction", async () => {
  const swallowed = database.tx(async (sql) => {
    await put(sql, "swallowed")
    await put(sql, "swallowed").catch(() => undefined)
  })
  const error = await refusalOf(swallowed)
  expect(error).toMatchObject({ code: "23505" })
  expect(isDataError(error)).toBe(true)
  expect(await parts("swallowed")).toBe(0)
})

test("a failure that nobody awaits still fails the transaction", async () => {
  const unawaited = database.tx(async (sql) => {
    await put(sql, "unawaited")
    put(sql, "unawaited")
  })
  expect(await refusalOf(unawaited)).toMatchObject({ code: "23505" })
  expect(await parts("unawaited")).toBe(0)
})

test("statements that nobody awaits are part of the transaction", async () => {
  await database.tx(async (sql) => {
    for (const part of [1, 2, 3]) put(sql, "trailing", part)
  })
  expect(await parts("trailing")).toBe(3)
})

const late = { begins_late: true } as const

/** Within an explicit transaction the clock was read at BEGIN. */
const isAlone = (rows: readonly { alone: boolean }[]) => rows[0]?.alone

test("a last statement is sent behind all others, and nobody can wait for it in the work", async () => {
  let answer: Promise<readonly { n: number }[]> | undefined
  await database.tx(async (sql) => {
    answer = sql.last<{ n: number }>`select count(*)::int as n from mark where tx = 'behind'`
    await put(sql, "behind", 1)
    put(sql, "behind", 2)
  }, late)
  expect(await answer).toEqual([{ n: 2 }])
})

test("a last statement with nothing before it is a transaction of its own", async () => {
  const ask = async (before: boolean) => {
    let answer: Promise<readonly { alone: boolean }[]> | undefined
    await database.tx(async (sql) => {
      if (before) await sql`select pg_sleep(0.2)`
      answer = sql.last<{ alone: boolean }>`select statement_timestamp() - now() < interval '100 ms' as alone`
    }, late)
    return isAlone((await answer) ?? [])
  }
  expect([await ask(false), await ask(true)]).toEqual([true, false])
})

test("a last statement that fails undoes all, and nothing that follows a commit runs", async () => {
  const after: string[] = []
  for (const before of [true, false]) {
    const failed = database.tx(async (sql) => {
      sql.afterCommit(() => after.push("ran"))
      if (before) await put(sql, "last", 1)
      sql.last`select 1 / (${0}::int)`
    }, late)
    expect(await refusalOf(failed)).toMatchObject({ code: "22012" })
  }
  expect([await parts("last"), after]).toEqual([0, []])
})

test("work that fails leaves its last statement unsent", async () => {
  const failed = database.tx(async (sql) => {
    sql.last`insert into mark (tx, part) values ('unsent', 1)`
    throw new Problem("run.not_found")
  }, late)
  expect(await refusalOf(failed)).toBe("run.not_found")
  expect(await parts("unsent")).toBe(0)
})

test("the handle is refused once its transaction is over", async () => {
  let kept: Sql | undefined
  await database.tx(async (sql) => {
    kept = sql
    await put(sql, "over", 1)
  })
  expect(String(kept && (await refusalOf(put(kept, "over", 2))))).toContain("after its transaction had ended")
  expect(() => kept?.afterCommit(() => undefined)).toThrow("after its transaction had ended")
  expect(await parts("over")).toBe(1)
})

test("an error keeps the session, and the next transaction has it whole", async () => {
  const one = open({ max_sessions: 1 })
  const pid = () => one.tx(async (sql) => (await sql<{ pid: number }>`select pg_backend_pid() pid`)[0]?.pid)
  const before = await pid()
  await refusalOf(one.tx((sql) => sql`select 1 / 0`))
  expect(await pid()).toBe(before)
  await one.close()
})

test("a transaction inside another is refused, and after it allowed again", async () => {
  expect(insideTransaction()).toBe(false)
  const nested = database.tx(async () => {
    expect(insideTransaction()).toBe(true)
    await database.run((sql) => sql`select 1`)
  })
  expect(String(await refusalOf(nested))).toContain("inside another")
  let later: Promise<boolean> | undefined
  const ended = Promise.withResolvers<void>()
  await database.tx(async () => {
    later = ended.promise.then(insideTransaction)
  })
  ended.resolve()
  expect(await later).toBe(false)
})

test("what follows a commit runs after it, and not after a failure", async () => {
  const seen: string[] = []
  await database.tx(async (sql) => {
    sql.afterCommit(() => seen.push("committed"))
    sql.afterCommit(() => {
      throw new Error("this one is a bug")
    })
    sql.afterCommit(() => seen.push("still run"))
    await put(sql, "after")
    expect(seen).toEqual([])
  })
  await refusalOf(
    database.tx(async (sql) => {
      sql.afterCommit(() => seen.push("failed"))
      await put(sql, "after")
    }),
  )
  expect(seen).toEqual(["committed", "still run"])
})

test("deadlocked transactions are done again until both are through", async () => {
  await database.run((sql) => sql`insert into mark values ('lock', 1), ('lock', 2)`)
  let tries = 0
  const held = Promise.withResolvers<void>()
  let holding = 0
  const touch = (first: number, second: number) =>
    database.tx(async (sql) => {
      tries += 1
      await sql`update mark set part = part where tx = 'lock' and part = ${first}`
      holding += 1
      if (holding === 2) held.resolve()
      await held.promise
      await sql`update mark set part = part where tx = 'lock' and part = ${second}`
    })
  await Promise.all([touch(1, 2), touch(2, 1)])
  expect(tries).toBe(3)
})

test("a caller that waits too long for a session is told that the platform is busy", async () => {
  const one = open({ max_sessions: 1, wait_ms: 50, max_waiting: 2 })
  const release = Promise.withResolvers<void>()
  const holding = one.tx(async (sql) => {
    await sql`select 1`
    await release.promise
  })
  const waiting = [1, 2, 3].map(() => refusalOf(one.tx((sql) => sql`select 1`)))
  expect(await Promise.all(waiting)).toEqual(["platform.busy", "platform.busy", "platform.busy"])
  release.resolve()
  await holding
  await one.tx((sql) => sql`select 1`)
  await one.close()
})

test("hundreds of transactions share a few sessions in the order they came", async () => {
  const pool = openPool({ url: fresh.url, application_name: "tested", log: silentLog, max_sessions: 3 })
  const [left, right] = [pool.database("one"), pool.database("two")]
  expect([left.schema, right.schema]).toEqual(["one", "two"])
  const order: number[] = []
  const all = Array.from({ length: 400 }, (_, number) =>
    (number % 2 ? left : right).tx(async (sql) => {
      order.push(number)
      await put(sql, `many ${number}`, 1)
      await put(sql, `many ${number}`, 2)
      if (number % 5 === 0) throw new Problem("run.not_found")
    }),
  )
  const settled = await Promise.allSettled(all)
  expect(order.length).toBe(400)
  expect(pool.usage()).toEqual({ sessions: 3, lent: 0, waiting: 0 })
  const rows = await database.run(
    (sql) => sql`select tx from mark where tx like 'many %' group by tx having count(*) = 2`,
  )
  expect(rows.length).toBe(settled.filter(({ status }) => status === "fulfilled").length)
  expect(rows.length).toBe(320)
  await pool.close()
})

test("a pool that closes lets work in hand finish and takes no more", async () => {
  const one = open({ max_sessions: 2 })
  const release = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const holding = one.tx(async (sql) => {
    await put(sql, "closing")
    begun.resolve()
    await release.promise
  })
  await begun.promise
  const closed = Promise.all([one.close(), one.close()])
  await Promise.resolve()
  expect(await refusalOf(one.tx((sql) => sql`select 1`))).toBe("platform.unavailable")
  release.resolve()
  await Promise.all([holding, closed])
  expect(await parts("closing")).toBe(1)
})

test("hot sessions get the planner settings that were measured", async () => {
  const hot = open({ hot: true, max_sessions: 1 })
  const settings = await hot.run(
    (sql) => sql`select current_setting('plan_cache_mode') mode, current_setting('enable_seqscan') seqscan,
      current_setting('enable_bitmapscan') bitmapscan, current_setting('random_page_cost') page_cost,
      current_setting('cpu_operator_cost') operator_cost, current_setting('jit') jit, current_setting('transaction_timeout') timeout`,
  )
  expect(settings[0]).toEqual({
    ...{ mode: "force_generic_plan", seqscan: "off", bitmapscan: "off", jit: "off", timeout: "8s" },
    ...{ page_cost: "0.01", operator_cost: "1e-05" },
  })
  await hot.close()
})

test("a server that is not there is unavailable, not a crash", async () => {
  const nowhere = open({ url: "postgres://nobody@127.0.0.1:1/none", wait_ms: 300 })
  expect(await refusalOf(nowhere.tx((sql) => sql`select 1`))).toBe("platform.unavailable")
  await nowhere.close()
})

test("in `run` each statement stands alone, and a failure may be caught", async () => {
  const after: string[] = []
  await database.run(async (sql) => {
    sql.afterCommit(() => after.push("ran"))
    await put(sql, "single")
    const error = await refusalOf(put(sql, "single"))
    expect(error).toMatchObject({ code: "23505" })
    put(sql, "single", 2)
  })
  expect(after).toEqual(["ran"])
  expect(await parts("single")).toBe(2)
  const trailing = database.run(async (sql) => {
    put(sql, "single")
  })
  expect(await refusalOf(trailing)).toMatchObject({ code: "23505" })
})

test("an unusual deadline holds for its own statements only", async () => {
  const one = open({ max_sessions: 1 })
  const timeout = (sql: Sql) => sql<{ t: string }>`select current_setting('transaction_timeout') t`
  const seen = [
    await one.tx(timeout, { tx_ms: 60_000 }),
    await one.tx(timeout),
    await one.run(timeout, { tx_ms: 20_000 }),
    await one.run(timeout),
  ]
  expect(seen.map(([row]) => row?.t)).toEqual(["48s", "8s", "16s", "8s"])
  await one.close()
})

const socketOf = (url: string) =>
  `${new URL(url).searchParams.get("host")}/.s.PGSQL.${new URL(url).port || 5432}`

test("a commit whose reply is lost is unknown, and nothing that follows a commit runs", async () => {
  let committing = false
  const proxy = await startProxy({
    server: { socket: socketOf(fresh.url) },
    onRequest: (bytes) => {
      committing = bytes.includes("commit\0")
    },
    onAnswer: () => (committing ? "cut" : "pass"),
  })
  const url = new URL(fresh.url)
  url.searchParams.delete("host")
  url.port = String(proxy.port)
  const far = open({ url: url.href })
  const after: string[] = []
  const lost = far.tx(async (sql) => {
    sql.afterCommit(() => after.push("ran"))
    await put(sql, "lost reply", 1)
    await put(sql, "lost reply", 2)
  })
  expect(await refusalOf(lost)).toBe("platform.unknown_outcome")
  expect(after).toEqual([])
  await until("the server has committed", async () => (await parts("lost reply")) === 2)
  await far.close()
  await proxy.close()
})
