import type { Sql } from "#kernel/database/database.ts"
import type { Workflow } from "./shape.ts"

type WorkflowRow = Omit<Workflow, "tags" | "created_at" | "updated_at" | "archived_at"> & {
  readonly archived_at: Date | null
  readonly tags: string[] | null
  readonly created_at: Date
  readonly updated_at: Date
}

const workflowOf = (row: WorkflowRow): Workflow => ({
  ...row,
  tags: row.tags ?? [],
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  archived_at: row.archived_at?.toISOString() ?? null,
})

export type WorkflowFilter = {
  readonly workspace_id: string
  /** Those put away, or the others. */
  readonly archived: boolean
  readonly after: string | null
  readonly limit: number
}

/** Alphabetically, without their definitions. */
export const readWorkflows = async (sql: Sql, filter: WorkflowFilter): Promise<readonly Workflow[]> => {
  const rows = await sql<WorkflowRow>`
    select name, definition ->> 'description' as description, definition -> 'tags' as tags, version, digest,
      workflow.created_at, updated_at, archived_at
    from workflow.workflow join workflow.version on workflow_id = id and version = latest_version
    where workspace_id = ${filter.workspace_id}::text::uuid and (archived_at is not null) = ${filter.archived}
      and (${filter.after}::text is null or name > ${filter.after}::text)
    order by name
    limit ${filter.limit}::int`
  return rows.map(workflowOf)
}

export const readWorkflow = async (
  sql: Sql,
  workspace_id: string,
  name: string,
): Promise<Workflow | undefined> => {
  const [row] = await sql<WorkflowRow>`
    select name, definition ->> 'description' as description, definition -> 'tags' as tags, version, digest,
      definition, workflow.created_at, updated_at, archived_at
    from workflow.workflow join workflow.version on workflow_id = id and version = latest_version
    where workspace_id = ${workspace_id}::text::uuid and name = ${name}`
  return row && workflowOf(row)
}
