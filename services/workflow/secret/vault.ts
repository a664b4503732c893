import { randomBytes } from "node:crypto"
import { seal, unseal } from "#kernel/auth/box.ts"
import { key_bytes, type PlatformKey } from "#kernel/auth/platform-key.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"

const purpose = "workflow.secrets"

/** A workspace's key, as it is used and as it is kept. */
export type DataKey = { readonly id: string; readonly key: Uint8Array; readonly box: Uint8Array }

/** What is inside a box is bound to its place: moved to another row it doesn't open. */
const labels = {
  key: (workspace_id: string, id: string) => `data-key ${workspace_id} ${id}`,
  secret: (workspace_id: string, name: string) => `secret ${workspace_id} ${name}`,
}

export type Vault = {
  makeKey(workspace_id: string): Promise<DataKey>
  /** The key that the workspace has; nobody rotates it until the transaction has ended. */
  lockKey(sql: Sql, workspace_id: string, lock: "share" | "update"): Promise<DataKey | undefined>
  seal(key: DataKey, place: Place, value: string): Promise<Uint8Array>
  unseal(key: DataKey, place: Place, box: Uint8Array): Promise<string>
}

type Place = { readonly workspace_id: string; readonly name: string }

const unreadable = (what: string): Problem =>
  new Problem("secret.unreadable", {
    detail: `${what} can't be decrypted: this is not the key file that it was encrypted with.`,
  })

export const createVault = (platform_key: PlatformKey, kit: Kit): Vault => {
  const master = platform_key.derive(purpose)
  return {
    async makeKey(workspace_id) {
      const id = kit.id()
      const key = new Uint8Array(randomBytes(key_bytes))
      const box = await seal(master, labels.key(workspace_id, id), Buffer.from(key).toString("base64"))
      return { id, key, box }
    },
    async lockKey(sql, workspace_id, lock) {
      const row = await (lock === "share" ? readShared(sql, workspace_id) : readAlone(sql, workspace_id))
      if (!row) return undefined
      const opened = await unseal(master, labels.key(workspace_id, row.id), row.box)
      if (opened === undefined) throw unreadable("The workspace's key")
      return { ...row, key: new Uint8Array(Buffer.from(opened, "base64")) }
    },
    seal: ({ key }, { workspace_id, name }, value) => seal(key, labels.secret(workspace_id, name), value),
    async unseal({ key }, { workspace_id, name }, box) {
      const opened = await unseal(key, labels.secret(workspace_id, name), box)
      if (opened === undefined) throw unreadable(`The secret ${name}`)
      return opened
    },
  }
}

type KeyRow = Pick<DataKey, "id" | "box">

const readShared = async (sql: Sql, workspace_id: string): Promise<KeyRow | undefined> => {
  const [row] = await sql<KeyRow>`
    select id, box from workflow.data_key where workspace_id = ${workspace_id}::text::uuid for share`
  return row
}

const readAlone = async (sql: Sql, workspace_id: string): Promise<KeyRow | undefined> => {
  const [row] = await sql<KeyRow>`
    select id, box from workflow.data_key where workspace_id = ${workspace_id}::text::uuid for update`
  return row
}
