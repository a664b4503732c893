import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { attempt } from "../throttle/attempt.ts"
import { placeOf } from "../throttle/key.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import { type DeviceCode, newUserCode } from "./shape.ts"

const device_prefix = "wfd_"
const lifetime_s = 600
const interval_s = 2
const max_waiting = 10_000

export const page_path = "/device"

/** Two codes: one that the device keeps, and one that its user takes to where they can sign in. */
export const requestDevice =
  ({ database }: Pick<Iam, "database">) =>
  async (origin: Origin, public_url: string): Promise<DeviceCode> => {
    await attempt(database, [{ rule: "asking", of: placeOf(origin.address) }])
    const device_code = newSecret(device_prefix)
    const hash = await hashOf(device_code)
    const user_code = newUserCode()
    const made = await database.run((sql) => insertDevice(sql, { hash, user_code, ...origin }))
    if (made.length === 0) {
      throw new Problem("platform.busy", {
        detail: "Too many devices wait to be let in.",
        retry_after_s: lifetime_s / 10,
      })
    }
    const verification_uri = `${public_url.replace(/\/+$/, "")}${page_path}`
    return {
      ...{ device_code, user_code, verification_uri },
      verification_uri_complete: `${verification_uri}?user_code=${user_code}`,
      expires_in: lifetime_s,
      interval: interval_s,
    }
  }

type NewDevice = Origin & { readonly hash: Uint8Array; readonly user_code: string }

const insertDevice = (sql: Sql, { hash, user_code, device, address }: NewDevice) =>
  sql`
    insert into iam.device_login (hash, user_code, device, address, expires_at, interval_s)
    select ${hash}::bytea, ${user_code}::text, ${device}::text, ${address ?? null}::text,
      now() + ${lifetime_s}::int * interval '1 second', ${interval_s}::int
    where (select count(*) from (select from iam.device_login limit ${max_waiting}::int) waiting) < ${max_waiting}::int
    returning user_code`
