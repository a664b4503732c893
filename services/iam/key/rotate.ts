import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import { json, type Sql } from "#kernel/database/database.ts"
import { record } from "../audit/record.ts"
import { access_lifetime_s, type Iam } from "../iam.ts"
import { isFirst, onlyOperators } from "../workspace/first.ts"
import { type MadeKey, makeKey } from "./make.ts"

/** A new key is shown for so long before it signs: every instance and every verifier knows it by then. */
const lead_s = 60
/** And the one before verifies until nothing that it signed is good any more, with as much again for slow clocks. */
const overlap_s = lead_s + access_lifetime_s + 300

export type Rotated = {
  readonly key_id: string
  readonly signs_at: string
  readonly before_ends_at: string | null
}

/** Makes the next signing key. The keys are the whole platform's, so this is for owners of its first workspace. */
export const rotateKeys =
  ({ database, kit, keys }: Pick<Iam, "database" | "kit" | "keys">) =>
  async (actor: Caller): Promise<Rotated> => {
    allow(actor, "key.rotate")
    const made = await makeKey(keys.secret, kit)
    const rotated = await database.tx(async (sql) => {
      if (!(await isFirst(sql, actor.workspace_id))) {
        throw onlyOperators()
      }
      const times = await rotateIn(sql, made)
      const { workspace_id } = actor
      const subject = { kind: "key", id: made.id, name: made.id }
      await record(sql, actor, { action: "key.rotated", of: { workspace_id }, subject })
      return times
    })
    await keys.refresh()
    return { key_id: made.id, ...rotated }
  }

/** The same by age: whoever of the instances comes first does it. */
export const rotateOldKeys =
  ({ database, kit, keys }: Pick<Iam, "database" | "kit" | "keys">, max_days: number) =>
  async (): Promise<boolean> => {
    if (await database.run((sql) => isOld(sql, max_days))) {
      const made = await makeKey(keys.secret, kit)
      await database.tx(async (sql) => {
        await lockKeys(sql)
        if (await isOld(sql, max_days)) await rotateIn(sql, made)
      })
    }
    await database.run(deleteEnded)
    await keys.refresh()
    return false
  }

type Rotation = { readonly only_first?: boolean }

/** Instances that start or rotate at the same time come after each other. */
export const rotateIn = async (sql: Sql, made: MadeKey, { only_first = false }: Rotation = {}) => {
  await lockKeys(sql)
  const [known] = await sql`select id from iam.signing_key where current`
  if (known && only_first) return { signs_at: "", before_ends_at: null }
  const [before] = await endCurrent(sql)
  const [row] = await insertKey(sql, made, known ? lead_s : 0)
  if (!row) throw new Error("inserting a signing key returned no row")
  return {
    signs_at: row.signs_at.toISOString(),
    before_ends_at: before?.ends_at.toISOString() ?? null,
  }
}

const lockKeys = (sql: Sql) => sql`select pg_advisory_xact_lock(hashtextextended('iam.signing_key', 0))`

const endCurrent = (sql: Sql) =>
  sql<{ ends_at: Date }>`
    update iam.signing_key set current = false, ends_at = now() + ${overlap_s}::int * interval '1 second'
    where current
    returning ends_at`

const insertKey = (sql: Sql, { id, public_jwk, private_box }: MadeKey, wait_s: number) =>
  sql<{ signs_at: Date }>`
    insert into iam.signing_key (id, public_jwk, private_box, current, signs_at)
    values (${id}, ${json(public_jwk)}::text::json, ${private_box}, true, now() + ${wait_s}::int * interval '1 second')
    returning signs_at`

const isOld = async (sql: Sql, max_days: number): Promise<boolean> => {
  const rows = await sql`
    select id from iam.signing_key
    where current and signs_at < now() - ${max_days}::float8 * interval '1 day'`
  return rows.length > 0
}

/** Private halves don't outlive their use. */
const deleteEnded = (sql: Sql) => sql`delete from iam.signing_key where ends_at < now()`
