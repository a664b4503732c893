import type { Caller } from "#kernel/audit/caller.ts"
import { refuseBound } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { memberChanged } from "../member/changed.ts"
import { claimSlug } from "./create.ts"
import type { Workspace } from "./shape.ts"

const max_owned = 100

export type NewWorkspace = { readonly name: string; readonly slug?: string | undefined }

/** A further workspace, whose owner the caller is. */
export const addWorkspace =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  async (actor: Caller, { name, slug }: NewWorkspace): Promise<Workspace> => {
    refuseBound(actor)
    const { user_id, email } = actor
    return database.tx(async (sql) => {
      if ((await countOwned(sql, user_id)) >= max_owned) {
        throw new Problem("workspace.too_many", {
          detail: `You own ${max_owned} workspaces, the most there may be.`,
        })
      }
      const made = await claimSlug(sql, { id: kit.id(), user_id, name, slug })
      if (!made) throw new Problem("workspace.exists", { detail: `The slug ${slug} is taken.` })
      const subject = { kind: "workspace", id: made.id, name: made.slug }
      await record(sql, actor, { action: "workspace.created", of: { workspace_id: made.id }, subject })
      await emit(sql, [memberChanged({ workspace_id: made.id, user_id, email, role: "owner" }, kit.now())])
      return made
    })
  }

/** Counted behind the person's own row, so that many requests at once don't pass the bound together. */
const countOwned = async (sql: Sql, user_id: string): Promise<number> => {
  await sql`select id from iam.user_account where id = ${user_id}::text::uuid for no key update`
  const [row] = await sql<{ owned: number }>`
    select count(*)::int as owned from iam.member
    where user_id = ${user_id}::text::uuid and role = 'owner'`
  return row?.owned ?? 0
}
