import type { Caller } from "#kernel/audit/caller.ts"
import { record } from "#kernel/audit/record.ts"
import { allow } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import type { Secrets } from "./set.ts"

/** Encrypts every secret of the workspace anew, under a new key; all or nothing, while tasks go on being given them. */
export const rotateKey =
  ({ database, vault }: Secrets) =>
  async (actor: Caller): Promise<number> => {
    allow(actor, "secret.rotate")
    const { workspace_id } = actor
    const made = await vault.makeKey(workspace_id)
    return database.tx(async (sql) => {
      const old = await vault.lockKey(sql, workspace_id, "update")
      if (!old) return 0
      const secrets = await lockSecrets(sql, workspace_id)
      const boxes: { name: string; box: Uint8Array }[] = []
      for (const { name, box } of secrets) {
        const value = await vault.unseal(old, { workspace_id, name }, box)
        boxes.push({ name, box: await vault.seal(made, { workspace_id, name }, value) })
      }
      await sql`
        update workflow.data_key
        set id = ${made.id}::text::uuid, box = ${made.box}, created_at = now()
        where workspace_id = ${workspace_id}::text::uuid`
      await updateBoxes(sql, workspace_id, boxes)
      const subject = { kind: "secret", id: null, name: "*" }
      await record(sql, actor, [{ action: "secret.key_rotated", subject, details: { count: boxes.length } }])
      return boxes.length
    })
  }

type Boxed = { readonly name: string; readonly box: Uint8Array }

const lockSecrets = (sql: Sql, workspace_id: string) =>
  sql<Boxed>`
    select name, box from workflow.secret
    where workspace_id = ${workspace_id}::text::uuid
    order by name
    for update`

const updateBoxes = (sql: Sql, workspace_id: string, boxes: readonly Boxed[]) =>
  sql`
    update workflow.secret
    set box = decode(given.box, 'base64')
    from unnest(
      ${list(boxes.map(({ name }) => name))}::text::text[],
      ${list(boxes.map(({ box }) => Buffer.from(box).toString("base64")))}::text::text[]
    ) as given (name, box)
    where workspace_id = ${workspace_id}::text::uuid and secret.name = given.name`
