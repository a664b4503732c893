import { type Actor, allow } from "#kernel/auth/actor.ts"
import { checkKeepDays, type Retention, retentionOf } from "#kernel/http/retention.ts"
import type { Archive } from "../archive.ts"
import { keepings } from "../collections.ts"

type Keeping = { readonly id: string; readonly version: number; readonly keep_days: number | null }

export const keepingOf = async ({ documents }: Archive, id: string): Promise<Keeping | undefined> => {
  const [found] = await documents.find(keepings, { where: { id }, order: [], limit: 1 })
  return found as Keeping | undefined
}

export const showRetention =
  (archive: Archive) =>
  async (actor: Actor): Promise<Retention> => {
    allow(actor, "log.read")
    const own = (await keepingOf(archive, actor.workspace_id))?.keep_days ?? null
    return retentionOf(own, archive.max_keep_days)
  }

export const setRetention =
  (archive: Archive) =>
  async (actor: Actor, { keep_days }: Pick<Keeping, "keep_days">): Promise<Retention> => {
    allow(actor, "retention.set")
    const { documents, max_keep_days, kit, log } = archive
    checkKeepDays(keep_days, max_keep_days)
    const { workspace_id: id, user_id } = actor
    // Two that are set within a millisecond, or by clocks that differ, still follow one another.
    const version = Math.max(kit.now().getTime(), ((await keepingOf(archive, id))?.version ?? 0) + 1)
    await documents.put(keepings, [{ id, version, keep_days }])
    log.info({ event: "retention.set", workspace_id: id, keep_days, user_id })
    return retentionOf(keep_days, max_keep_days)
  }

export const listKeepings = async ({ documents }: Archive, after: string, limit: number) =>
  (await documents.find(keepings, {
    where: { id: { gt: after } },
    order: [["id", "asc"]],
    limit,
  })) as unknown as readonly Keeping[]
