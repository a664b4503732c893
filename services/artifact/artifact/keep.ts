import type { Caller } from "#kernel/audit/caller.ts"
import type { Expected, Stored } from "#kernel/blob/blob.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey, stagingKey } from "../store.ts"
import { quotaExceeded, roomLeft } from "../workspace/usage.ts"
import { discardIfPossible } from "./discard.ts"
import { checkContentType, checkName } from "./name.ts"
import { type Pending, settleArtifact } from "./settle.ts"
import type { Artifact } from "./shape.ts"

/** Nobody has been bringing a file for so long: whoever did is dead. */
const alive_ms = 30_000
const say_ms = alive_ms / 4

export type Keep = {
  readonly workspace_id: string
  readonly run_id: string
  readonly task: string | null
  readonly attempt: number | null
  readonly name: string
  readonly content_type: string | undefined
  readonly body: ReadableStream<Uint8Array>
  /** The size that it is said to have, where it is: room is kept for it before a byte has come. */
  readonly size_bytes?: number | undefined
  readonly expected?: Expected | undefined
  /** Who brings it, if that is no task. */
  readonly by?: Caller
}

/**
 * Row, bytes, final key, row: whatever dies in between leaves a pending row, by which the rest is found and removed.
 * A file of the same name is replaced, but for one that a later attempt of the same task, or another task, has kept.
 */
export const keepArtifact = (store: ArtifactStore) => {
  const { database, blob, kit } = store
  const settle = settleArtifact(store)
  return async ({ body, by, size_bytes, expected, ...given }: Keep): Promise<Artifact> => {
    const content_type = checkContentType(given.content_type)
    const reserved_bytes = checkSize(store, size_bytes ?? 0)
    const described = { ...given, name: checkName(given.name), content_type, reserved_bytes }
    const pending: Pending = { ...described, id: kit.id() }
    const left = await database.tx((sql) => reserve(sql, store, pending))
    const coming = setInterval(() => void sayAlive(store, pending.id), say_ms)
    try {
      const stored = await bring(store, { pending, body, left, expected })
      await blob.move(stagingKey(pending.id), finalKey(pending.id))
      return await settle(pending, stored, by)
    } catch (error) {
      await discardIfPossible(store, [pending.id])
      throw error
    } finally {
      clearInterval(coming)
    }
  }
}

export const checkSize = ({ max_bytes }: ArtifactStore, size_bytes: number): number => {
  if (size_bytes <= max_bytes) return size_bytes
  throw new Problem("artifact.too_large", { detail: `At most ${max_bytes} bytes are stored as one file.` })
}

/** Answers how large the file may become. */
export const reserve = async (sql: Sql, store: ArtifactStore, pending: Pending): Promise<number> => {
  await insertPending(sql, pending)
  const left = await roomLeft(sql, store, pending.workspace_id)
  if (left < 0) throw quotaExceeded(store)
  return left + pending.reserved_bytes
}

type Bringing = {
  readonly pending: Pending
  readonly body: ReadableStream<Uint8Array>
  readonly left: number
  readonly expected: Expected | undefined
}

const bring = async (store: ArtifactStore, { pending, body, left, expected }: Bringing): Promise<Stored> => {
  const { content_type } = pending
  const max_bytes = Math.min(store.max_bytes, left)
  try {
    return await store.blob.put(stagingKey(pending.id), body, { content_type, max_bytes, expected })
  } catch (error) {
    const isLarge = error instanceof Problem && error.code === "artifact.too_large"
    throw isLarge && max_bytes < store.max_bytes ? quotaExceeded(store) : error
  }
}

/** One that is missed does no harm: there are several before anybody takes it for dead. */
const sayAlive = ({ database, log }: ArtifactStore, id: string): Promise<void> =>
  database
    .run(
      (sql) => sql`
        update artifact.artifact set alive_until = now() + ${alive_ms}::int * interval '1 millisecond'
        where id = ${id}::text::uuid and status = 'pending'`,
    )
    .then(() => undefined)
    .catch((error: unknown) => log.warn({ event: "artifact.not_said_alive", id, error }))

const insertPending = (sql: Sql, pending: Pending) =>
  sql`
    insert into artifact.artifact (
      id, workspace_id, run_id, task, attempt, name, content_type, status, reserved_bytes, alive_until
    )
    values (${pending.id}::text::uuid, ${pending.workspace_id}::text::uuid, ${pending.run_id}::text::uuid,
      ${pending.task}, ${pending.attempt}::int, ${pending.name}, ${pending.content_type}, 'pending',
      ${pending.reserved_bytes}::float8::bigint, now() + ${alive_ms}::int * interval '1 millisecond')`
