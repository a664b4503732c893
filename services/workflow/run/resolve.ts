import { list, type Sql } from "#kernel/database/database.ts"

export type Wanted = {
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number | undefined
}

export type Resolved = {
  readonly workflow_id: string
  readonly version: number
  readonly archived: boolean
}

/** Which version each means, in their order; undefined where there is no such workflow. */
export const resolve = async (
  sql: Sql,
  wanted: readonly Wanted[],
): Promise<readonly (Resolved | undefined)[]> => {
  const rows = await sql<Resolved & { place: number }>`
    select place::int, id as workflow_id, coalesce(wanted.version, latest_version) as version,
      archived_at is not null as archived
    from unnest(
      ${list(wanted.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(wanted.map(({ workflow }) => workflow))}::text::text[],
      ${list(wanted.map(({ version }) => version ?? null))}::text::int[]
    ) with ordinality as wanted (workspace_id, name, version, place)
      join workflow.workflow using (workspace_id, name)`
  const found = new Map(rows.map(({ place, ...resolved }) => [place, resolved]))
  return wanted.map((_, index) => found.get(index + 1))
}
