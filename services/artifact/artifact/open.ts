import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Opened, Presigned, Range } from "#kernel/blob/blob.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type ArtifactStore, finalKey } from "../store.ts"
import { readArtifact, readOfItems } from "./read.ts"
import type { Artifact } from "./shape.ts"

export type Wanted = { readonly run_id: string; readonly name: string }

export const showArtifact =
  ({ database }: ArtifactStore) =>
  async (actor: Actor, { run_id, name }: Wanted): Promise<Artifact> => {
    allow(actor, "artifact.read")
    const { workspace_id } = actor
    const which = { workspace_id, run_id, name }
    const artifact = await database.run((sql) => readArtifact(sql, which))
    if (artifact) return artifact
    const ofItems = await database.run((sql) => readOfItems(sql, which))
    const [only] = ofItems
    if (only && ofItems.length === 1) return only
    throw new Problem("artifact.not_found", { detail: missing(name, ofItems) })
  }

const missing = (name: string, ofItems: readonly Artifact[]): string => {
  const shown = JSON.stringify(name).slice(0, 200)
  if (ofItems.length === 0) return `This run has no file ${shown}.`
  const names = ofItems.map((artifact) => JSON.stringify(artifact.name).slice(0, 300))
  return `Several items have kept a file ${shown}: say which one, such as ${names.join(", ")}.`
}

type OpenedArtifact = { readonly artifact: Artifact; readonly opened: Opened }

export const openArtifact = (store: ArtifactStore) => {
  const show = showArtifact(store)
  return async (
    actor: Actor,
    wanted: Wanted & { readonly range: Range | undefined },
  ): Promise<OpenedArtifact> => {
    const artifact = await show(actor, wanted)
    const opened = await store.blob.open(finalKey(artifact.id), wanted.range)
    if (!opened)
      throw new Problem("artifact.not_found", { detail: "The file was replaced or removed just now." })
    return { artifact, opened }
  }
}

/** A link needs no token: it ends with the one that it was made with at the latest. */
const leftOf = ({ expires_at }: Actor, now: Date): number =>
  expires_at === undefined
    ? Number.POSITIVE_INFINITY
    : Math.max(1, Math.floor((new Date(expires_at).getTime() - now.getTime()) / 1000))

export const presignArtifact = (store: ArtifactStore) => {
  const show = showArtifact(store)
  return async (actor: Actor, wanted: Wanted & { readonly expires_s: number }): Promise<Presigned> => {
    const { id, name, content_type } = await show(actor, wanted)
    const file_name = name.split("/").at(-1) ?? name
    const expires_s = Math.min(wanted.expires_s, leftOf(actor, store.kit.now()))
    return store.blob.presign({ key: finalKey(id), method: "GET", expires_s, content_type, file_name })
  }
}
