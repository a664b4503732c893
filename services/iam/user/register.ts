import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Iam } from "../iam.ts"
import { createWorkspace } from "../workspace/create.ts"
import type { Workspace } from "../workspace/shape.ts"
import { createUser } from "./create.ts"
import type { Registration } from "./credentials.ts"
import type { User } from "./shape.ts"

/** A new person with a workspace of their own; the first of all gets `default`. */
export const register =
  ({ database, kit, passwords }: Pick<Iam, "database" | "kit" | "passwords">) =>
  async ({ email, name, password }: Registration): Promise<{ user: User; workspace: Workspace }> => {
    const hash = await passwords.hash(password)
    return database.tx(async (sql) => {
      const user = await createUser(sql, { id: kit.id(), email, name })
      if (!user) throw new Problem("user.exists", { detail: `${email} is registered already.` })
      await insertPassword(sql, user.id, hash)
      const workspace = await createWorkspace(sql, { id: kit.id(), user_id: user.id, name })
      await emit(sql, [{ type: "user.registered", key: user.id, data: { user_id: user.id, email, name } }])
      return { user, workspace }
    })
  }

const insertPassword = (sql: Sql, user_id: string, hash: string) =>
  sql`insert into iam.password (user_id, hash) values (${user_id}::text::uuid, ${hash})`
