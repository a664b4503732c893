import type { Blob as Store } from "#kernel/blob/blob.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { Bundle } from "#language/bundle.ts"

export type Bundles = { readonly database: Database; readonly blob: Store }

export type BundleName = { readonly workspace_id: string; readonly digest: string }

export const bundleKey = ({ workspace_id, digest }: BundleName): string => `bundles/${workspace_id}/${digest}`

/**
 * Row, bytes, version: whatever dies in between leaves a row without `stored_at`, by which the bytes are found and
 * removed. Bytes that are there already are not sent again; those that the store has lost or spoilt are.
 */
export const keepBundle =
  ({ database, blob }: Bundles) =>
  async (workspace_id: string, { digest, bytes }: Bundle): Promise<void> => {
    const name = { workspace_id, digest }
    await database.run((sql) => touchBundle(sql, name))
    if (await isThere(blob, name, bytes)) return
    const limits = { content_type: "application/octet-stream", max_bytes: bytes.length }
    await blob.put(bundleKey(name), new Blob([bytes]).stream(), limits)
  }

const isThere = async (blob: Store, name: BundleName, bytes: Uint8Array): Promise<boolean> => {
  const there = await blob.open(bundleKey(name))
  if (!there) return false
  if (there.size_bytes === bytes.length) {
    return Buffer.from(await new Response(there.body).arrayBuffer()).equals(bytes)
  }
  await there.body.cancel()
  return false
}

const touchBundle = (sql: Sql, { workspace_id, digest }: BundleName) =>
  sql`
    insert into workflow.bundle (workspace_id, digest) values (${workspace_id}::text::uuid, ${digest})
    on conflict (workspace_id, digest) do update set touched_at = now()`

/** From here on a version has it. */
export const claimBundle = (sql: Sql, { workspace_id, digest }: BundleName) =>
  sql`
    insert into workflow.bundle (workspace_id, digest, stored_at)
    values (${workspace_id}::text::uuid, ${digest}, now())
    on conflict (workspace_id, digest) do update set stored_at = now()`
