import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Opened, Presigned, Range } from "#kernel/blob/blob.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey } from "../store.ts"
import { takeArrivalsOf } from "./arrive.ts"
import { lifetimeOf } from "./lifetime.ts"
import { readArtifact, readOfItems } from "./read.ts"
import type { Artifact } from "./shape.ts"

export type Wanted = { readonly run_id: string; readonly name: string }

export const showArtifact = (store: ArtifactStore) => {
  const { database } = store
  const takeArrived = takeArrivalsOf(store)
  return async (actor: Actor, { run_id, name }: Wanted): Promise<Artifact> => {
    allow(actor, "artifact.read")
    const { workspace_id } = actor
    const which = { workspace_id, run_id, name }
    await takeArrived(run_id)
    const artifact = await database.run((sql) => readArtifact(sql, which))
    if (artifact) return artifact
    const ofItems = await database.run((sql) => readOfItems(sql, which))
    const [only] = ofItems
    if (only && ofItems.length === 1) return only
    throw new Problem("artifact.not_found", { detail: missing(name, ofItems) })
  }
}

const missing = (name: string, ofItems: readonly Artifact[]): string => {
  const shown = JSON.stringify(name).slice(0, 200)
  if (ofItems.length === 0) return `This run has no file ${shown}.`
  const names = ofItems.map((artifact) => JSON.stringify(artifact.name).slice(0, 300))
  return `Several items have kept a file ${shown}: say which one, such as ${names.join(", ")}.`
}

/** The bytes of a file that was shown. */
export const openArtifact =
  ({ blob }: ArtifactStore) =>
  async ({ id }: Artifact, range: Range | undefined): Promise<Opened> => {
    const opened = await blob.open(finalKey(id), range)
    if (opened) return opened
    throw new Problem("artifact.not_found", { detail: "The file was replaced or removed just now." })
  }

export const presignArtifact = (store: ArtifactStore) => {
  const show = showArtifact(store)
  return async (actor: Actor, wanted: Wanted & { readonly expires_s: number }): Promise<Presigned> => {
    const { id, name, content_type } = await show(actor, wanted)
    const file_name = name.split("/").at(-1) ?? name
    const expires_s = lifetimeOf(actor, wanted.expires_s, store.kit.now())
    return store.blob.presign({ key: finalKey(id), method: "GET", expires_s, content_type, file_name })
  }
}
