import { type Database, list } from "#kernel/database/database.ts"

type Tagged = { readonly workflow: string; readonly tags: string[] }

type Asked = { readonly workspace_id: string; readonly workflows: readonly string[] }

/** The tags of the latest versions of some workflows. */
export const listTags =
  (database: Database) =>
  async ({ workspace_id, workflows }: Asked): Promise<readonly Tagged[]> => {
    const rows = await database.run(
      (sql) => sql<{ name: string; tags: string[] | null }>`
        select name, definition -> 'tags' as tags
        from workflow.workflow join workflow.version on workflow_id = id and version = latest_version
        where workspace_id = ${workspace_id}::text::uuid and name = any(${list(workflows)}::text::text[])`,
    )
    return rows.map(({ name, tags }) => ({ workflow: name, tags: tags ?? [] }))
  }
