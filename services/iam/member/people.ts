import type { Database } from "#kernel/database/database.ts"
import { isId } from "../workspace/context.ts"

type Person = { readonly user_id: string; readonly email: string; readonly role: string }

type Asked = { readonly workspace_id: string; readonly after: string }

const max_page = 1_000

/** Who is in a workspace, for other services; its programs are left out, since nobody tells them anything. */
export const listPeople =
  (database: Database) =>
  async ({
    workspace_id,
    after,
  }: Asked): Promise<{ readonly members: readonly Person[]; readonly more: boolean }> => {
    if (!isId(workspace_id)) return { members: [], more: false }
    const rows = await database.run(
      (sql) => sql<Person>`
        select user_id, email, role
        from iam.member join iam.user_account on user_account.id = user_id
        where workspace_id = ${workspace_id}::text::uuid
          and (${isId(after) ? after : null}::text is null or user_id > ${isId(after) ? after : null}::text::uuid)
          and not exists (select from iam.service_account where service_account.user_id = member.user_id)
        order by user_id
        limit ${max_page + 1}::int`,
    )
    return { members: rows.slice(0, max_page), more: rows.length > max_page }
  }
