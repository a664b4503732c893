import type { Sql } from "#kernel/database/database.ts"
import type { Version } from "./shape.ts"

type VersionRow = Omit<Version, "created" | "created_at" | "files"> & {
  readonly created_at: Date
  readonly files: Version["files"] | null
}

const versionOf = (row: VersionRow): Version => ({
  ...row,
  files: row.files ?? [],
  created: false,
  created_at: row.created_at.toISOString(),
})

export type VersionFilter = {
  readonly workspace_id: string
  readonly name: string
  /** The latest, if null. */
  readonly version: number | null
}

export const readVersion = async (sql: Sql, filter: VersionFilter): Promise<Version | undefined> => {
  const [row] = await sql<VersionRow>`
    select name as workflow, version, digest, definition, files, version.created_at, created_by
    from workflow.workflow
      join workflow.version on workflow_id = id and version = coalesce(${filter.version}::int, latest_version)
    where workspace_id = ${filter.workspace_id}::text::uuid and name = ${filter.name}`
  return row && versionOf(row)
}

export type VersionsFilter = {
  readonly workspace_id: string
  readonly name: string
  /** Only older than this one. */
  readonly before: number | null
  readonly limit: number
}

/** Newest first. */
export const readVersions = async (sql: Sql, filter: VersionsFilter): Promise<readonly Version[]> => {
  const rows = await sql<VersionRow>`
    select name as workflow, version, digest, definition, files, version.created_at, created_by
    from workflow.workflow join workflow.version on workflow_id = id
    where workspace_id = ${filter.workspace_id}::text::uuid and name = ${filter.name}
      and (${filter.before}::int is null or version < ${filter.before}::int)
    order by version desc
    limit ${filter.limit}::int`
  return rows.map(versionOf)
}
