import type { Caller } from "#kernel/audit/caller.ts"
import { type Deed, record } from "#kernel/audit/record.ts"
import type { Stored } from "#kernel/blob/blob.ts"
import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { ArtifactStore } from "../store.ts"
import { quotaExceeded, roomLeft } from "../workspace/usage.ts"
import { discardIfPossible } from "./discard.ts"
import { type ArtifactRow, artifactOfRow } from "./read.ts"
import type { Artifact } from "./shape.ts"

/** A file on its way. */
export type Pending = {
  readonly id: string
  readonly workspace_id: string
  readonly run_id: string
  readonly task: string | null
  readonly attempt: number | null
  readonly name: string
  readonly content_type: string
  readonly reserved_bytes: number
}

/** Makes what lies under its final key a file of the run, or throws why it doesn't become one. */
export const settleArtifact =
  (store: ArtifactStore) =>
  async (pending: Pending, stored: Stored, by: Caller | undefined): Promise<Artifact> => {
    const { artifact, superseded } = await store.database.tx(async (sql): Promise<Settled> => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${`${pending.run_id} ${pending.name}`}, 0))`
      const there = await readStored(sql, pending)
      const same = there && sameOfAnother(pending, stored.sha256, there)
      // As it is when a task keeps what it has fetched.
      if (same) return { artifact: same, superseded: [pending.id] }
      const superseded = there ? await hideStored(sql, pending) : []
      const artifact = await markStored(sql, pending.id, stored)
      if (
        stored.size_bytes > pending.reserved_bytes &&
        (await roomLeft(sql, store, pending.workspace_id)) < 0
      ) {
        throw quotaExceeded(store)
      }
      const { id: artifact_id, run_id, task, name, size_bytes, sha256 } = artifact
      const data = { artifact_id, workspace_id: pending.workspace_id, run_id, task, name, size_bytes, sha256 }
      await emit(sql, [{ type: "artifact.stored", key: run_id, data }])
      // The same content sent once more replaces nothing.
      if (by && there && there.artifact.sha256 !== sha256) await record(sql, by, [replacedDeed(artifact)])
      return { artifact, superseded }
    })
    await discardIfPossible(store, superseded)
    return artifact
  }

const replacedDeed = ({ id, run_id, name }: Artifact): Deed => ({
  action: "artifact.replaced",
  subject: { kind: "artifact", id, name },
  details: { run: run_id },
})

/** What is there, and what lies in the store for nobody any more. */
type Settled = { readonly artifact: Artifact; readonly superseded: readonly string[] }

type Earlier = { readonly artifact: Artifact; readonly attempt: number | null }

/** The file that is there, if it stays; nobody's work is lost to another's of the same name. */
const sameOfAnother = (pending: Pending, sha256: string, there: Earlier): Artifact | undefined => {
  if (pending.task === null || there.artifact.task === null) return undefined
  if (there.artifact.task === pending.task) {
    if ((there.attempt ?? 0) > (pending.attempt ?? Number.POSITIVE_INFINITY)) throw outdated(pending)
    return undefined
  }
  if (there.artifact.sha256 === sha256) return there.artifact
  throw taken(pending, there.artifact.task)
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

const readStored = async (sql: Sql, { run_id, name }: Pending): Promise<Earlier | undefined> => {
  const [row] = await sql<ArtifactRow & { readonly attempt: number | null }>`
    select id, run_id, task, attempt, name, size_bytes, content_type, sha256, created_at
    from artifact.artifact
    where run_id = ${run_id}::text::uuid and name = ${name} and status = 'stored'`
  if (!row) return undefined
  const { attempt, ...artifact } = row
  return { attempt, artifact: artifactOfRow(artifact) }
}

/** Its row stays until its bytes are gone. */
const hideStored = async (sql: Sql, { run_id, name }: Pending): Promise<readonly string[]> => {
  const rows = await sql<{ id: string }>`
    update artifact.artifact set status = 'pending', reserved_bytes = 0, alive_until = now()
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
    set status = 'stored', taken_until = 'infinity', size_bytes = ${stored.size_bytes}::float8::bigint, sha256 = ${stored.sha256}
    where id = ${id}::text::uuid and status = 'pending'
    returning id, run_id, task, name, size_bytes, content_type, sha256, created_at`
  if (!row) throw new Error(`the pending row of artifact ${id} is gone`)
  return artifactOfRow(row)
}
