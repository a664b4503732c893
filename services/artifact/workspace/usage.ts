import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { ArtifactStore } from "../store.ts"

export const usageShape = z
  .object({
    bytes: z
      .int()
      .openapi({ description: "What is kept, and what is on its way as far as its size was told." }),
    files: z.int(),
    max_bytes: z.int(),
  })
  .openapi("ArtifactUsage")

export type Usage = z.infer<typeof usageShape>

/** What the caller's workspace keeps, and may keep. */
export const showUsage =
  ({ database, quota_bytes }: ArtifactStore) =>
  async (actor: Actor): Promise<Usage> => {
    allow(actor, "artifact.read")
    const used = await database.run((sql) => readUsage(sql, actor.workspace_id))
    return { ...used, max_bytes: quota_bytes }
  }

type Used = Pick<Usage, "bytes" | "files">

const readUsage = async (sql: Sql, workspace_id: string): Promise<Used> => {
  const [row] = await sql<{ bytes: string; files: string }>`
    select bytes, files from artifact.usage where workspace_id = ${workspace_id}::text::uuid`
  return { bytes: Number(row?.bytes ?? 0), files: Number(row?.files ?? 0) }
}

/** How much more the workspace may keep. In a transaction that has added something it is exact: others wait for its end. */
export const roomLeft = async (
  sql: Sql,
  { quota_bytes }: Pick<ArtifactStore, "quota_bytes">,
  workspace_id: string,
): Promise<number> => quota_bytes - (await readUsage(sql, workspace_id)).bytes

export const quotaExceeded = ({ quota_bytes }: Pick<ArtifactStore, "quota_bytes">): Problem =>
  new Problem("artifact.quota_exceeded", {
    detail: `The files of this workspace may take ${quota_bytes} bytes together, and there is no room for this one.`,
  })
