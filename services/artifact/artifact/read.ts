import type { Sql } from "#kernel/database/database.ts"
import type { Artifact } from "./shape.ts"

export type ArtifactRow = Omit<Artifact, "created_at" | "size_bytes"> & {
  created_at: Date
  size_bytes: string
}

export const artifactOfRow = (row: ArtifactRow): Artifact => ({
  ...row,
  size_bytes: Number(row.size_bytes),
  created_at: row.created_at.toISOString(),
})

/** Of files that could be meant, so many are named. */
const max_named = 5

export type Which = { readonly workspace_id: string; readonly run_id: string; readonly name: string }

export const readArtifact = async (
  sql: Sql,
  { workspace_id, run_id, name }: Which,
): Promise<Artifact | undefined> => {
  const [row] = await sql<ArtifactRow>`
    select id, run_id, task, name, size_bytes, content_type, sha256, created_at
    from artifact.artifact
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'
      and workspace_id = ${workspace_id}::text::uuid`
  return row && artifactOfRow(row)
}

/** Files of items have their item's name before their own, which is enough where only one item has kept such. */
export const readOfItems = async (
  sql: Sql,
  { workspace_id, run_id, name }: Which,
): Promise<readonly Artifact[]> => {
  const rows = await sql<ArtifactRow>`
    select id, run_id, task, name, size_bytes, content_type, sha256, created_at
    from artifact.artifact
    where run_id = ${run_id}::text::uuid and status = 'stored' and workspace_id = ${workspace_id}::text::uuid
      and task like '%]' and name = task || '/' || ${name}
    order by name
    limit ${max_named}::int`
  return rows.map(artifactOfRow)
}

export type Listing = {
  readonly workspace_id: string
  readonly run_id: string
  readonly after: string
  readonly limit: number
  readonly task?: string | undefined
  readonly name?: string | undefined
}

/** Of a pattern with `*` and `?`, in SQL's words. */
const likeOf = (pattern: string): string =>
  pattern
    .replaceAll(/[\\%_]/g, "\\$&")
    .replaceAll("*", "%")
    .replaceAll("?", "_")

export const readArtifacts = async (sql: Sql, listing: Listing): Promise<readonly Artifact[]> => {
  const rows = await sql<ArtifactRow>`
    select id, run_id, task, name, size_bytes, content_type, sha256, created_at
    from artifact.artifact
    where run_id = ${listing.run_id}::text::uuid and status = 'stored'
      and workspace_id = ${listing.workspace_id}::text::uuid and name > ${listing.after}
      and (${listing.task ?? null}::text is null or task = ${listing.task ?? null} or starts_with(task, ${listing.task ?? null} || '['))
      and (${listing.name ?? null}::text is null or name like ${likeOf(listing.name ?? "*")})
    order by name
    limit ${listing.limit}::int`
  return rows.map(artifactOfRow)
}
