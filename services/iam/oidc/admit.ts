import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { hashOf, newSecret } from "../token/secret.ts"
import { createUser } from "../user/create.ts"
import { theOidc } from "./begin.ts"
import type { Vouched } from "./claims.ts"
import { insertIdentity, type Linked, linkByEmail, lockIdentity } from "./link.ts"
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
}

/** A code for the program that wanted the sign-in. Whom no group lets in loses what an earlier sign-in gave, and gets none. */
export const admitPerson =
  (iam: Iam) =>
  async ({ person, state, challenge }: Admission): Promise<string> => {
    const { settings } = theOidc(iam)
    const role = roleOf(settings.roles, person.groups)
    const [code, state_hash] = [newSecret(code_prefix), await hashOf(state)]
    const is_admitted = await iam.database.tx(async (sql) => {
      const known = await lockIdentity(sql, person)
      const account = known ?? (role && (await accountOf(sql, iam, person)))
      if (!account) return false
      await placeMember(sql, iam.kit, { ...account, workspace: settings.workspace, role })
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
const accountOf = async (sql: Sql, iam: Iam, person: Vouched): Promise<Linked> => {
  const { email, name } = person
  const made = await createUser(sql, { id: iam.kit.id(), email, name })
  if (!made) return linkByEmail(sql, iam, person)
  const account = { user_id: made.id, email }
  await insertIdentity(sql, person, made.id)
  await emit(sql, [{ type: "user.registered", key: made.id, data: { user_id: made.id, email, name } }])
  return account
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
