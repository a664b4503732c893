import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { ArtifactStore } from "../store.ts"
import { takeArrivalsOf } from "./arrive.ts"
import { readArtifacts } from "./read.ts"
import type { Artifact } from "./shape.ts"

type ListArtifacts = {
  readonly run_id: string
  readonly limit: number
  readonly cursor?: string | undefined
  readonly task?: string | undefined
  /** With `*` and `?`. */
  readonly name?: string | undefined
}

export const listArtifacts = (store: ArtifactStore) => {
  const { database, checkRun } = store
  const takeArrived = takeArrivalsOf(store)
  return async (
    actor: Actor,
    wanted: ListArtifacts,
  ): Promise<{ items: Artifact[]; next_cursor: string | null }> => {
    allow(actor, "artifact.read")
    await takeArrived(wanted.run_id)
    const { workspace_id } = actor
    const listing = {
      workspace_id,
      run_id: wanted.run_id,
      after: wanted.cursor ?? "",
      ...{ task: wanted.task, name: wanted.name },
      limit: wanted.limit + 1,
    }
    const found = await database.run((sql) => readArtifacts(sql, listing))
    if (found.length === 0) await checkRun(workspace_id, wanted.run_id)
    const items = found.slice(0, wanted.limit)
    return { items, next_cursor: found.length > wanted.limit ? (items.at(-1)?.name ?? null) : null }
  }
}
