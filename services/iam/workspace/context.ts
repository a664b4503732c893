import type { Database, Sql } from "#kernel/database/database.ts"

type Asked = { readonly workspace_id: string; readonly user_id: string }

type Context = {
  readonly known: boolean
  readonly slug: string
  readonly name: string
  readonly archived: boolean
  readonly role: string
}

const id = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

export const isId = (text: string): boolean => id.test(text)

/** What a workspace is, and what somebody is in it, for other services; undefined when there is no such. */
export const workspaceContext =
  (database: Database) =>
  async (asked: Asked): Promise<Context | undefined> =>
    isId(asked.workspace_id) ? database.run((sql) => readContext(sql, asked)) : undefined

const readContext = async (sql: Sql, { workspace_id, user_id }: Asked): Promise<Context | undefined> => {
  const [row] = await sql<Context>`
    select true as known, slug, name, archived_at is not null as archived,
      coalesce((select role from iam.member
          join iam.user_account on user_account.id = member.user_id
        where member.suspended_at is null and user_account.suspended_at is null
          and member.workspace_id = workspace.id and member.user_id = ${isId(user_id) ? user_id : null}::text::uuid), '')
        as role
    from iam.workspace where id = ${workspace_id}::text::uuid`
  return row
}
