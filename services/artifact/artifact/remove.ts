import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { ArtifactStore } from "../store.ts"
import { discardIfPossible } from "./discard.ts"
import type { Wanted } from "./open.ts"

/** The row becomes pending first: if the bytes can't be removed now, the sweep finds them. */
export const removeArtifact =
  (store: ArtifactStore) =>
  async (actor: Caller, { run_id, name }: Wanted): Promise<void> => {
    allow(actor, "artifact.write")
    const id = await store.database.tx(async (sql) => {
      const hidden = await hide(sql, actor.workspace_id, { run_id, name })
      if (hidden === undefined) throw new Problem("artifact.not_found")
      const subject = { kind: "artifact", id: hidden, name }
      await record(sql, actor, [{ action: "artifact.deleted", subject, details: { run: run_id } }])
      return hidden
    })
    await discardIfPossible(store, [id])
  }

const hide = async (
  sql: Sql,
  workspace_id: string,
  { run_id, name }: Wanted,
): Promise<string | undefined> => {
  const [row] = await sql<{ id: string }>`
    update artifact.artifact set status = 'pending', reserved_bytes = 0, alive_until = now()
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'
      and workspace_id = ${workspace_id}::text::uuid
    returning id`
  return row?.id
}
