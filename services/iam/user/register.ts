import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Origin } from "../audit/caller.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { createWorkspace } from "../workspace/create.ts"
import type { Workspace } from "../workspace/shape.ts"
import { createUser } from "./create.ts"
import type { Registration } from "./credentials.ts"
import type { User } from "./shape.ts"

/** A new person with a workspace of their own; the first of all gets `default`. */
export const register =
  ({ database, kit, passwords }: Pick<Iam, "database" | "kit" | "passwords">) =>
  async (
    { email, name, password }: Registration,
    origin?: Origin,
  ): Promise<{ user: User; workspace: Workspace }> => {
    const hash = await passwords.hash(password)
    return database.tx(async (sql) => {
      const user = await createUser(sql, { id: kit.id(), email, name })
      if (!user) throw new Problem("user.exists", { detail: `${email} is registered already.` })
      await insertPassword(sql, user.id, hash)
      const workspace = await createWorkspace(sql, { id: kit.id(), user_id: user.id, name })
      await recordRegistration(sql, { user, workspace, origin })
      await emit(sql, [{ type: "user.registered", key: user.id, data: { user_id: user.id, email, name } }])
      return { user, workspace }
    })
  }

const insertPassword = (sql: Sql, user_id: string, hash: string) =>
  sql`insert into iam.password (user_id, hash) values (${user_id}::text::uuid, ${hash})`

type Registered = { readonly user: User; readonly workspace: Workspace; readonly origin?: Origin | undefined }

/** Told where it happened, and to the person. */
const recordRegistration = async (sql: Sql, { user, workspace, origin }: Registered): Promise<void> => {
  const { id, email } = user
  const doer = { kind: "user", user_id: id, email, origin } as const
  const account = { kind: "user", id, name: email }
  await record(sql, doer, { action: "user.registered", of: { account_id: id }, subject: account })
  const subject = { kind: "workspace", id: workspace.id, name: workspace.slug }
  await record(sql, doer, { action: "workspace.created", of: { workspace_id: workspace.id }, subject })
}
