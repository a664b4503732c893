import { list } from "#kernel/database/database.ts"
import { type ArtifactStore, finalKey, stagingKey } from "../store.ts"

/** What has begun while a link was good may go on for so long. */
export const link_slack = "1 hour"

type Ground = Pick<ArtifactStore, "database" | "blob" | "log">

/** Takes away what rows lead to that are no file, or no more; and then the rows, but where a link may still bring something. */
export const discard = async ({ database, blob }: Ground, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return
  await blob.remove(ids.flatMap((id) => [stagingKey(id), finalKey(id)]))
  await database.run(
    (sql) =>
      sql`
        delete from artifact.artifact
        where id = any(${list(ids)}::text::uuid[]) and status = 'pending'
          and (link_until is null or link_until < now() - ${link_slack}::text::interval)`,
  )
}

/** At once if that can be; what is left is swept by its rows. */
export const discardIfPossible = async (ground: Ground, ids: readonly string[]): Promise<void> => {
  try {
    await discard(ground, ids)
  } catch (error) {
    ground.log.warn({ event: "artifact.left_to_sweep", ids, error })
  }
}
