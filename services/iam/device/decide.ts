import type { Caller } from "#kernel/audit/caller.ts"
import { refuseBound } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Doer, record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { findDevice } from "./find.ts"
import type { DeviceDecision } from "./shape.ts"

/** Lets a device in as the caller, or says that it isn't theirs. */
export const decideDevice =
  (iam: Pick<Iam, "database">) =>
  async (actor: Caller, decision: DeviceDecision): Promise<void> => {
    refuseBound(actor)
    if (decision.approve) refuseEnding(actor)
    const origin = actor.origin ?? { device: "", address: undefined }
    const { user_code } = await findDevice(iam, decision.user_code, origin)
    await decideAs(iam, actor, { ...decision, user_code })
  }

/** A session can be renewed for ever: it would outlast the token that has let it in. */
const refuseEnding = ({ expires_at }: Caller): void => {
  if (expires_at === undefined) return
  const detail = `Your token ends at ${expires_at}, and a device that is let in stays signed in.`
  throw new Problem("auth.forbidden", { detail })
}

/** The same, for who has shown who they are in another way, with the code as it was found. */
export const decideAs = async (
  { database }: Pick<Iam, "database">,
  doer: Doer & { readonly user_id: string },
  { user_code, approve }: DeviceDecision,
): Promise<void> => {
  const decision = approve ? "approved" : "denied"
  await database.tx(async (sql) => {
    const { user_id } = doer
    const device = await markDecided(sql, { user_code, decision, user_id })
    if (!device) throw new Problem("device.not_found")
    const subject = { kind: "device", id: user_code, name: device.device }
    const action = approve ? "device.approved" : "device.denied"
    const details = { address: device.address }
    await record(sql, doer, { action, of: { account_id: user_id }, subject, details })
  })
}

type Decided = { readonly user_code: string; readonly decision: string; readonly user_id: string }

const markDecided = async (sql: Sql, { user_code, decision, user_id }: Decided) => {
  const [row] = await sql<{ device: string; address: string | null }>`
    update iam.device_login set decision = ${decision}, user_id = ${user_id}::text::uuid
    where user_code = ${user_code} and decision is null and expires_at > now()
    returning device, address`
  return row
}
