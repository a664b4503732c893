import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey, stagingKey } from "../store.ts"
import { checkContentType, checkName } from "./name.ts"
import { type ArtifactRow, artifactOfRow } from "./read.ts"
import type { Artifact } from "./shape.ts"

export type Keep = {
  readonly workspace_id: string
  readonly run_id: string
  readonly task: string | null
  readonly attempt: number | null
  readonly name: string
  readonly content_type: string | undefined
  readonly body: ReadableStream<Uint8Array>
  /** Who brings it, if that is no task. */
  readonly by?: Caller
}

type Pending = Omit<Keep, "body" | "by" | "content_type"> & {
  readonly id: string
  readonly content_type: string
}

/**
 * Row, bytes, final key, row: whatever dies in between leaves a pending row, by which the rest is found and removed.
 * A file of the same name is replaced, but for one that a later attempt of the same task, or another task, has kept.
 */
export const keepArtifact =
  (store: ArtifactStore) =>
  async ({ body, by, ...given }: Keep): Promise<Artifact> => {
    const { database, blob, kit, max_bytes } = store
    const content_type = checkContentType(given.content_type)
    const pending: Pending = { ...given, id: kit.id(), name: checkName(given.name), content_type }
    await database.run((sql) => insertPending(sql, pending))
    const stored = await blob.put(stagingKey(pending.id), body, { content_type, max_bytes })
    await blob.move(stagingKey(pending.id), finalKey(pending.id))
    const { artifact, replaced, refused } = await database.tx(async (sql): Promise<Settled> => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${pending.run_id} ${pending.name}`}, 0))`
      const there = await readStored(sql, pending)
      const settled = afterEarlier(pending, stored.sha256, there)
      if (settled) return settled
      const earlier = there ? await deleteStored(sql, pending) : []
      const row = await markStored(sql, pending.id, stored)
      const { id: artifact_id, run_id, task, name, size_bytes, sha256 } = row
      const data = { artifact_id, workspace_id: pending.workspace_id, run_id, task, name, size_bytes, sha256 }
      await emit(sql, [{ type: "artifact.stored", key: run_id, data }])
      // The same content sent once more replaces nothing.
      if (by && there && there.artifact.sha256 !== sha256) await record(sql, by, [replacedDeed(row)])
      return { artifact: row, replaced: earlier }
    })
    await blob.remove(replaced.map(finalKey))
    // Its pending row is left, by which the sweep finds the bytes.
    if (refused) throw refused
    return artifact
  }

const replacedDeed = ({ id, run_id, name }: Artifact): Deed => ({
  action: "artifact.replaced",
  subject: { kind: "artifact", id, name },
  details: { run: run_id },
})

type Settled =
  | { readonly artifact: Artifact; readonly replaced: readonly string[]; readonly refused?: undefined }
  | { readonly artifact?: undefined; readonly replaced: readonly string[]; readonly refused: Problem }

type Stored = { readonly artifact: Artifact; readonly attempt: number | null }

/** What is said at once, if the file that is there stays: nobody's work is lost to another's of the same name. */
const afterEarlier = (pending: Pending, sha256: string, there: Stored | undefined): Settled | undefined => {
  if (!there || pending.task === null || there.artifact.task === null) return undefined
  if (there.artifact.task === pending.task) {
    const isLate = (there.attempt ?? 0) > (pending.attempt ?? Number.POSITIVE_INFINITY)
    return isLate ? { replaced: [], refused: outdated(pending) } : undefined
  }
  // As it is when a task keeps what it has fetched.
  if (there.artifact.sha256 === sha256) return { replaced: [], artifact: there.artifact }
  return { replaced: [], refused: taken(pending, there.artifact.task) }
}

const shown = ({ name }: Pending): string => JSON.stringify(name).slice(0, 200)

/** A worker that was taken for lost may go on for a while: what it keeps then is nobody's result. */
const outdated = (pending: Pending): Problem =>
  new Problem("attempt.stale", {
    detail: `A later attempt of ${pending.task} than number ${pending.attempt} has kept ${shown(pending)}.`,
  })

const taken = (pending: Pending, other: string): Problem =>
  new Problem("artifact.name_taken", {
    detail: `The task ${other} of this run has kept ${shown(pending)}, with other content: keep it under another name.`,
  })

const readStored = async (sql: Sql, { run_id, name }: Pending): Promise<Stored | undefined> => {
  const [row] = await sql<ArtifactRow & { readonly attempt: number | null }>`
    select id, run_id, task, attempt, name, size_bytes, content_type, sha256, created_at
    from artifact.artifact
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'`
  if (!row) return undefined
  const { attempt, ...artifact } = row
  return { attempt, artifact: artifactOfRow(artifact) }
}

const insertPending = (sql: Sql, { id, workspace_id, run_id, task, attempt, name, content_type }: Pending) =>
  sql`
    insert into artifact.artifact (id, workspace_id, run_id, task, attempt, name, content_type, status)
    values (${id}::text::uuid, ${workspace_id}::text::uuid, ${run_id}::text::uuid, ${task}, ${attempt}::int, ${name},
      ${content_type}, 'pending')`

const deleteStored = async (sql: Sql, { run_id, name }: Pending): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    delete from artifact.artifact
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'
    returning id`
  return rows.map((row) => row.id)
}

const markStored = async (
  sql: Sql,
  id: string,
  stored: { size_bytes: number; sha256: string },
): Promise<Artifact> => {
  const [row] = await sql<ArtifactRow>`
    update artifact.artifact
    set status = 'stored', size_bytes = ${stored.size_bytes}::float8::bigint, sha256 = ${stored.sha256}
    where id = ${id}::text::uuid and status = 'pending'
    returning id, run_id, task, name, size_bytes, content_type, sha256, created_at`
  if (!row) throw new Error(`the pending row of artifact ${id} is gone`)
  return artifactOfRow(row)
}
