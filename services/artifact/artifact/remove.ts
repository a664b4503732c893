import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey } from "../store.ts"
import type { Wanted } from "./open.ts"

/** The row becomes pending first: if the bytes can't be removed now, the sweep finds them. */
export const removeArtifact =
  ({ database, blob }: ArtifactStore) =>
  async (actor: Actor, { run_id, name }: Wanted): Promise<void> => {
    allow(actor, "artifact.write")
    const id = await database.run((sql) => hide(sql, actor.workspace_id, { run_id, name }))
    if (id === undefined) throw new Problem("artifact.not_found")
    await blob.remove([finalKey(id)])
    await database.run((sql) => sql`delete from artifact.artifact where id = ${id}::text::uuid`)
  }

const hide = async (
  sql: Sql,
  workspace_id: string,
  { run_id, name }: Wanted,
): Promise<string | undefined> => {
  const [row] = await sql<{ id: string }>`
    update artifact.artifact set status = 'pending'
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'
      and workspace_id = ${workspace_id}::text::uuid
    returning id`
  return row?.id
}
