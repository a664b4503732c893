import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { refuseSuspendedAccount } from "../account/refuse.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import { createUser } from "../user/create.ts"
import { theOidc } from "./begin.ts"
import type { Vouched } from "./claims.ts"
import { type Coming, insertIdentity, type Linked, linkByEmail, lockIdentity } from "./link.ts"
import { placeMember } from "./place.ts"
import { roleOf } from "./roles.ts"
import { notValid } from "./verify.ts"

const code_prefix = "wfc_"
const code_lifetime_s = 60

export type Admission = {
  readonly person: Vouched
  /** Of the sign-in, which works once. */
  readonly state: string
  /** Of the program that will come with the code. */
  readonly challenge: string
  readonly origin: Origin
}

/** A code for the program that wanted the sign-in. Whom no group lets in loses what an earlier sign-in gave, and gets none. */
export const admitPerson =
  (iam: Iam) =>
  async ({ person, state, challenge, origin }: Admission): Promise<string> => {
    const { settings } = theOidc(iam)
    const role = roleOf(settings.roles, person.groups)
    const [code, state_hash] = [newSecret(code_prefix), await hashOf(state)]
    const is_admitted = await iam.database.tx(async (sql) => {
      const known = await lockIdentity(sql, person)
      const account = known ?? (role && (await accountOf(sql, iam, { person, origin })))
      if (!account) return false
      await placeMember(sql, iam.kit, { ...account, workspace: settings.workspace, role, origin })
      // After the workspace is locked, in the order in which accounts are suspended.
      await refuseSuspendedAccount(sql, account.user_id)
      if (!role) return false
      const hash = await hashOf(code)
      const is_first = await insertCode(sql, { hash, state_hash, challenge, user_id: account.user_id })
      if (!is_first) throw notValid("This sign-in has been used already.")
      return true
    })
    if (is_admitted) return code
    throw new Problem("oidc.not_allowed", { detail: "None of your groups gives you a role here." })
  }

/** Somebody who comes for the first time: a new account, or one that they have here already. */
const accountOf = async (sql: Sql, iam: Iam, coming: Coming): Promise<Linked> => {
  const { person, origin } = coming
  const { email, name, issuer } = person
  const made = await createUser(sql, { id: iam.kit.id(), email, name, verified: true })
  if (!made) return linkByEmail(sql, iam, coming)
  const { id: user_id } = made
  await insertIdentity(sql, person, user_id)
  const doer = { kind: "user", user_id, email, origin } as const
  const subject = { kind: "user", id: user_id, name: email }
  const of = { account_id: user_id }
  await record(sql, doer, { action: "user.registered", of, subject, details: { issuer } })
  await emit(sql, [{ type: "user.registered", key: user_id, data: { user_id, email, name } }])
  return { user_id, email }
}

type NewCode = {
  readonly hash: Uint8Array
  readonly state_hash: Uint8Array
  readonly user_id: string
  readonly challenge: string
}

const insertCode = async (sql: Sql, { hash, state_hash, user_id, challenge }: NewCode): Promise<boolean> => {
  const rows = await sql`
    insert into iam.sign_in_code (hash, state_hash, user_id, challenge, expires_at)
    values (${hash}, ${state_hash}, ${user_id}::text::uuid, ${challenge},
      now() + ${code_lifetime_s}::int * interval '1 second')
    on conflict (state_hash) do nothing
    returning hash`
  return rows.length > 0
}
