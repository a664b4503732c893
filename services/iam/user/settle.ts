import type { Origin } from "#kernel/audit/caller.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { record } from "../audit/record.ts"
import { createWorkspace } from "../workspace/create.ts"
import type { Workspace } from "../workspace/shape.ts"
import { createUser } from "./create.ts"
import type { User } from "./shape.ts"

export type Registered = { readonly user: User; readonly workspace: Workspace }

type NewPerson = {
  readonly email: string
  readonly name: string
  readonly password_hash: string
  /** They have read a mail to this address. */
  readonly verified: boolean
  readonly origin: Origin | undefined
  readonly kit: Kit
}

/** A new person with a workspace of their own; the first of all gets `default`. Refused when the address is taken. */
export const settle = async (sql: Sql, person: NewPerson): Promise<Registered> => {
  const { email, name, password_hash, verified, origin, kit } = person
  const user = await createUser(sql, { id: kit.id(), email, name, verified })
  if (!user) throw new Problem("user.exists", { detail: `${email} is registered already.` })
  await insertPassword(sql, user.id, password_hash)
  const workspace = await createWorkspace(sql, { id: kit.id(), user_id: user.id, name })
  const doer = { kind: "user", user_id: user.id, email, origin } as const
  const account = { kind: "user", id: user.id, name: email }
  await record(sql, doer, { action: "user.registered", of: { account_id: user.id }, subject: account })
  const subject = { kind: "workspace", id: workspace.id, name: workspace.slug }
  await record(sql, doer, { action: "workspace.created", of: { workspace_id: workspace.id }, subject })
  const data = { user_id: user.id, email, name }
  await emit(sql, [{ type: "user.registered", key: user.id, data }])
  return { user, workspace }
}

const insertPassword = (sql: Sql, user_id: string, hash: string) =>
  sql`insert into iam.password (user_id, hash) values (${user_id}::text::uuid, ${hash})`
