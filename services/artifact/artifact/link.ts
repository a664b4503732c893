import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { Expected, Presigned } from "#kernel/blob/blob.ts"
import { json, type Sql } from "#kernel/database/database.ts"
import { type ArtifactStore, stagingKey } from "../store.ts"
import { discardIfPossible } from "./discard.ts"
import { checkSize, reserve } from "./keep.ts"
import { lifetimeOf } from "./lifetime.ts"
import { checkContentType, checkName } from "./name.ts"
import type { Pending } from "./settle.ts"

type Link = {
  readonly run_id: string
  readonly name: string
  readonly content_type: string | undefined
  readonly expires_s: number
  readonly expected: Expected & { readonly size_bytes: number }
}

/** A link by which just this file can be brought to the store itself; it is the run's once it is there. */
export const linkUpload =
  (store: ArtifactStore) =>
  async (actor: Caller, { run_id, expected, ...given }: Link): Promise<Presigned> => {
    allow(actor, "artifact.write")
    const expires_s = lifetimeOf(actor, given.expires_s, store.kit.now())
    const name = checkName(given.name)
    const content_type = checkContentType(given.content_type)
    const { workspace_id } = actor
    await store.checkRun(workspace_id, run_id)
    const reserved_bytes = checkSize(store, expected.size_bytes)
    const of_nobody = { task: null, attempt: null }
    const pending = {
      ...{ id: store.kit.id(), workspace_id, run_id, ...of_nobody, name, content_type, reserved_bytes },
    }
    await store.database.tx(async (sql) => {
      await reserve(sql, store, pending)
      await openLink(sql, pending, { expires_s, expected, actor })
    })
    const file_name = name.split("/").at(-1) ?? name
    const key = stagingKey(pending.id)
    try {
      return await store.blob.presign({ key, method: "PUT", expires_s, content_type, file_name, expected })
    } catch (error) {
      await discardIfPossible(store, [pending.id])
      throw error
    }
  }

type Opening = Pick<Link, "expires_s" | "expected"> & { readonly actor: Caller }

const openLink = (sql: Sql, { id }: Pending, { expires_s, expected, actor }: Opening) =>
  sql`
    update artifact.artifact
    set link_until = now() + ${expires_s}::int * interval '1 s', link_by = ${json(actor)}::text::json,
      expected_sha256 = ${expected.sha256 ?? null}
    where id = ${id}::text::uuid`
