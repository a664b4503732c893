import { z } from "@hono/zod-openapi"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Archive } from "../archive.ts"
import { keepings } from "../collections.ts"

export const retentionShape = z
  .object({
    keep_days: z.int().openapi({ description: "How long logs and attempts are kept." }),
    max_keep_days: z
      .int()
      .openapi({ description: "What the platform allows, and does where nothing is set." }),
    is_set: z.boolean(),
  })
  .openapi("Retention")

export const setRetentionShape = z.strictObject({
  keep_days: z
    .int()
    .min(1)
    .max(36_500)
    .nullable()
    .openapi({ description: "null for as long as the platform does." }),
})

export type Retention = z.infer<typeof retentionShape>

type Keeping = { readonly id: string; readonly version: number; readonly keep_days: number | null }

export const keepingOf = async ({ documents }: Archive, id: string): Promise<Keeping | undefined> => {
  const [found] = await documents.find(keepings, { where: { id }, order: [], limit: 1 })
  return found as Keeping | undefined
}

const shown = (keeping: Pick<Keeping, "keep_days"> | undefined, max_keep_days: number): Retention => {
  const own = keeping?.keep_days ?? null
  return { keep_days: Math.min(own ?? max_keep_days, max_keep_days), max_keep_days, is_set: own !== null }
}

export const showRetention =
  (archive: Archive) =>
  async (actor: Actor): Promise<Retention> => {
    allow(actor, "log.read")
    return shown(await keepingOf(archive, actor.workspace_id), archive.max_keep_days)
  }

export const setRetention =
  (archive: Archive) =>
  async (actor: Actor, { keep_days }: z.infer<typeof setRetentionShape>): Promise<Retention> => {
    allow(actor, "retention.set")
    const { documents, max_keep_days, kit, log } = archive
    if (keep_days !== null && keep_days > max_keep_days) {
      const message = `The platform keeps nothing for longer than ${max_keep_days} days.`
      const errors = [{ path: "keep_days", message }]
      throw new Problem("request.invalid", { detail: `keep_days: ${message}`, errors })
    }
    const { workspace_id: id, user_id } = actor
    // Two that are set within a millisecond, or by clocks that differ, still follow one another.
    const version = Math.max(kit.now().getTime(), ((await keepingOf(archive, id))?.version ?? 0) + 1)
    await documents.put(keepings, [{ id, version, keep_days }])
    log.info({ event: "retention.set", workspace_id: id, keep_days, user_id })
    return shown({ keep_days }, max_keep_days)
  }

export const listKeepings = async ({ documents }: Archive, after: string, limit: number) =>
  (await documents.find(keepings, {
    where: { id: { gt: after } },
    order: [["id", "asc"]],
    limit,
  })) as unknown as readonly Keeping[]
