import { afterAll, beforeAll, expect, test } from "bun:test"
import { ConfigError, parseConfig } from "#kernel/config/config.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { iamConfig } from "../config.ts"
import { given, type IamHouse } from "../given.ts"
import { cleanAudit } from "./clean.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const clean = (keep_days: number) => cleanAudit({ database: house.database, log: silentLog }, keep_days)()

/** Entries of so many days ago, which nothing but time could have made. */
const write = (count: number, age_days: number) =>
  house.database.run(
    (sql) => sql`
      insert into iam.audit (id, at, scope, scope_id, actor_kind, actor, action, subject_kind, subject, details, device)
      select gen_random_uuid(), now() - ${age_days}::int * interval '1 day', 'account', gen_random_uuid(), 'service', '',
        'key.rotated', 'key', ${`${age_days} days`}, '{}', ''
      from generate_series(1, ${count}::int)`,
  )

const left = async (age_days: number) => {
  const rows = await house.database.run(
    (sql) => sql`select id from iam.audit where subject = ${`${age_days} days`}`,
  )
  return rows.length
}

test("what is older than what is kept is removed in bounded steps, and nothing else is", async () => {
  await write(1_500, 731)
  await write(3, 729)
  expect([await clean(730), await left(731)]).toEqual([true, 500])
  expect([await clean(730), await left(731), await left(729)]).toEqual([false, 0, 3])
})

test("the database keeps a month whatever is asked for, and changes nothing even for who cleans", async () => {
  await write(1, 29)
  expect(clean(1)).rejects.toThrow("append-only")
  await clean(1).catch(() => undefined)
  expect(await left(29)).toBe(1)
  const tried = house.database.tx(async (sql) => {
    await sql`select set_config('iam.forgets_audit', 'on', true)`
    await sql`update iam.audit set actor = 'somebody else' where at < now() - interval '30 days'`
  })
  expect(tried).rejects.toThrow("append-only")
  await tried.catch(() => undefined)
})

test("who doesn't say that they clean removes nothing, however old, also after somebody did", async () => {
  await write(1, 900)
  await clean(730).catch(() => undefined)
  await write(1, 900)
  const tried = house.database.run((sql) => sql`delete from iam.audit where at < now() - interval '1 year'`)
  expect(tried).rejects.toThrow("append-only")
  await tried.catch(() => undefined)
  expect(await left(900)).toBe(1)
})

test("two years are kept unless the settings say otherwise, and never less than a month", () => {
  expect(parseConfig(iamConfig, {}).WF_KEEP_AUDIT_DAYS).toBe(730)
  expect(() => parseConfig(iamConfig, { WF_KEEP_AUDIT_DAYS: "29" })).toThrow(ConfigError)
})
