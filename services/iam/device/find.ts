import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import type { Iam } from "../iam.ts"
import { attempt, forgive } from "../throttle/attempt.ts"
import { placeOf } from "../throttle/key.ts"
import { readUserCode } from "./shape.ts"

/** What is known of a device that waits. */
export type Waiting = {
  readonly user_code: string
  readonly device: string
  readonly address: string | null
  readonly created_at: Date
}

/** The device that shows this code. Guessing codes is counted like guessing passwords. */
export const findDevice = async (
  { database }: Pick<Iam, "database">,
  typed: string,
  { address }: Origin,
): Promise<Waiting> => {
  const place = { rule: "address", of: placeOf(address) } as const
  await attempt(database, [place])
  const found = await database.run((sql) => readWaiting(sql, readUserCode(typed)))
  if (!found) throw new Problem("device.not_found")
  await forgive(database, { anew: [], less: [place] })
  return found
}

const readWaiting = async (sql: Sql, user_code: string): Promise<Waiting | undefined> => {
  const [row] = await sql<Waiting>`
    select user_code, device, address, created_at from iam.device_login
    where user_code = ${user_code} and decision is null and expires_at > now()`
  return row
}
