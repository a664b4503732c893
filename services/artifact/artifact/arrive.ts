import { createHash } from "node:crypto"
import type { Caller } from "#kernel/audit/caller.ts"
import type { Stored } from "#kernel/blob/blob.ts"
import { checkExpected } from "#kernel/blob/counted.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { leastIdOf } from "#kernel/service/uuid.ts"
import { type ArtifactStore, finalKey, stagingKey } from "../store.ts"
import { type Pending, settleArtifact } from "./settle.ts"

const max_rows = 50
/** Who looks at a file has read all of it by then; if not, somebody else begins anew. */
const taken = "15 minutes"

const first_id = leastIdOf(0)

/** What has come by links, in turn: some each round. */
export const takeArrivals = (store: ArtifactStore) => {
  const take = takeArrived(store)
  let from = first_id
  return async (): Promise<boolean> => {
    const found = await store.database.run((sql) => findAwaited(sql, from))
    for (const one of found) await take(one)
    const isLast = found.length < max_rows
    from = isLast ? first_id : (found.at(-1)?.id ?? from)
    return !isLast
  }
}

/** What has come by links to this run: whoever asks for its files finds it as soon as it is there. */
export const takeArrivalsOf = (store: ArtifactStore) => {
  const take = takeArrived(store)
  return async (run_id: string): Promise<void> => {
    const found = await store.database.run((sql) => findOfRun(sql, run_id))
    for (const one of found) await take(one)
  }
}

/** `begun`: somebody had taken it, and died. */
type Awaited = { readonly id: string; readonly begun: boolean }

/** The bytes have their final key, which no link leads to, before they are read: what is checked is what is kept. */
const takeArrived = (store: ArtifactStore) => {
  const settle = settleArtifact(store)
  const { database, blob } = store
  return async ({ id, begun }: Awaited): Promise<void> => {
    const isThere =
      (await isStored(store, stagingKey(id))) || (begun && (await isStored(store, finalKey(id))))
    const claimed = isThere ? await database.run((sql) => claim(sql, id)) : undefined
    if (!claimed) return
    const { expected_sha256, link_by, ...pending } = claimed
    await blob.move(stagingKey(id), finalKey(id))
    try {
      const stored = await read(store, id)
      checkExpected({ size_bytes: pending.reserved_bytes, sha256: expected_sha256 ?? undefined }, stored)
      await settle(pending, stored, link_by)
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error
      await refuse(store, { ...pending, error })
    }
  }
}

const isStored = async ({ blob }: ArtifactStore, key: string): Promise<boolean> => {
  const opened = await blob.open(key, { start: 0, end: 0 })
  await opened?.body.cancel()
  return opened !== undefined
}

const read = async ({ blob }: ArtifactStore, id: string): Promise<Stored> => {
  const opened = await blob.open(finalKey(id))
  if (!opened) throw new Error(`the bytes of artifact ${id} are gone`)
  const hash = createHash("sha256")
  for await (const bytes of opened.body) hash.update(bytes)
  return { size_bytes: opened.size_bytes, sha256: hash.digest("hex") }
}

/** It is as if nothing had come: the link takes it once more, until it ends. */
const refuse = async ({ blob, database, log }: ArtifactStore, refused: Pending & { error: Problem }) => {
  const { id, run_id, name, error } = refused
  log.warn({ event: "artifact.refused", run_id, name, error })
  await blob.remove([finalKey(id)])
  await database.run(
    (sql) => sql`update artifact.artifact set taken_until = null where id = ${id}::text::uuid`,
  )
}

const findAwaited = (sql: Sql, from: string) =>
  sql<Awaited>`
    select id, taken_until is not null as begun from artifact.artifact
    where status = 'pending' and link_until is not null and (taken_until is null or taken_until < now())
      and id > ${from}::text::uuid
    order by id
    limit ${max_rows}::int`

const findOfRun = (sql: Sql, run_id: string) =>
  sql<Awaited>`
    select id, taken_until is not null as begun from artifact.artifact
    where status = 'pending' and link_until is not null and (taken_until is null or taken_until < now())
      and run_id = ${run_id}::text::uuid
    order by id
    limit ${max_rows}::int`

type Claimed = Pending & { readonly expected_sha256: string | null; readonly link_by: Caller }

const claim = async (sql: Sql, id: string): Promise<Claimed | undefined> => {
  const [row] = await sql<Omit<Claimed, "reserved_bytes"> & { readonly reserved_bytes: string }>`
    update artifact.artifact set taken_until = now() + ${taken}::text::interval
    where id = ${id}::text::uuid and status = 'pending' and (taken_until is null or taken_until < now())
    returning id, workspace_id, run_id, task, attempt, name, content_type, reserved_bytes, expected_sha256, link_by`
  return row && { ...row, reserved_bytes: Number(row.reserved_bytes) }
}
