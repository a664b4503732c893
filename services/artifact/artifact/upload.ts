import type { Caller } from "#kernel/audit/caller.ts"
import { allow } from "#kernel/auth/actor.ts"
import type { ArtifactStore } from "../store.ts"
import { type Keep, keepArtifact } from "./keep.ts"
import { checkName } from "./name.ts"
import type { Artifact } from "./shape.ts"

type Upload = Pick<Keep, "run_id" | "name" | "content_type" | "body" | "size_bytes" | "expected">

/** A person's file, added to a run of their workspace. */
export const uploadArtifact = (store: ArtifactStore) => {
  const keep = keepArtifact(store)
  return async (actor: Caller, upload: Upload): Promise<Artifact> => {
    allow(actor, "artifact.write")
    checkName(upload.name)
    await store.checkRun(actor.workspace_id, upload.run_id)
    return keep({ ...upload, workspace_id: actor.workspace_id, task: null, attempt: null, by: actor })
  }
}
