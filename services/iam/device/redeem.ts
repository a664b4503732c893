import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { grantOf } from "../session/grant.ts"
import { type Opened, openSession, type Person } from "../session/open.ts"
import type { Grant } from "../session/shape.ts"
import { hashOf } from "../token/secret.ts"

/** What each further question that comes too soon adds to the time between two. */
const slower_s = 5

/** The tokens of a device that was let in; they are given out once. Until then it is told what to do. */
export const redeemDevice =
  (iam: Iam) =>
  async (device_code: string, origin: Origin): Promise<Grant> => {
    const hash = await hashOf(device_code)
    const outcome = await iam.database.tx((sql) => redeem(sql, iam, { hash, origin }))
    if (outcome instanceof Problem) throw outcome
    return grantOf(iam, outcome.holder, outcome.refresh_token)
  }

type Asking = { readonly hash: Uint8Array; readonly origin: Origin }

/** A refusal is answered, not thrown: that the device has asked is to be remembered. */
const redeem = async (
  sql: Sql,
  { kit }: Pick<Iam, "kit">,
  { hash, origin }: Asking,
): Promise<Opened | Problem> => {
  const device = await lockDevice(sql, hash)
  if (!device) return new Problem("device.not_found")
  const { decision, too_soon, interval_s, ...person } = device
  if (too_soon) {
    await slowDown(sql, hash)
    return new Problem("device.slow_down", { retry_after_s: interval_s + slower_s })
  }
  if (decision === null) {
    await markAsked(sql, hash)
    return new Problem("device.pending")
  }
  await deleteDevice(sql, hash)
  return decision === "approved" ? openSession(sql, kit, { ...person, origin }) : new Problem("device.denied")
}

type Locked = Person & {
  readonly decision: "approved" | "denied" | null
  readonly too_soon: boolean
  readonly interval_s: number
}

/** Two questions at once wait for each other here, and the second finds nothing any more. */
const lockDevice = async (sql: Sql, hash: Uint8Array): Promise<Locked | undefined> => {
  const [row] = await sql<Locked>`
    select decision, user_id, email, name, interval_s,
      coalesce(asked_at > now() - interval_s * interval '1 second', false) as too_soon
    from iam.device_login left join iam.user_account on user_account.id = user_id
    where hash = ${hash} and expires_at > now()
    for update of device_login`
  return row
}

const slowDown = (sql: Sql, hash: Uint8Array) =>
  sql`
    update iam.device_login set asked_at = now(), interval_s = interval_s + ${slower_s}::int where hash = ${hash}`

const markAsked = (sql: Sql, hash: Uint8Array) =>
  sql`update iam.device_login set asked_at = now() where hash = ${hash}`

const deleteDevice = (sql: Sql, hash: Uint8Array) => sql`delete from iam.device_login where hash = ${hash}`
