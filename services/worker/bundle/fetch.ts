import { createHash } from "node:crypto"
import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { patiently } from "#kernel/rpc/patiently.ts"
import { createKept } from "#kernel/service/kept.ts"
import { type BundledFile, unpackBundle } from "#language/bundle.ts"
import type { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"

export type Wanted = { readonly workspace_id: string; readonly digest: string }

/** Bundles by their digests: one that is in memory isn't asked for again. */
export type Bundles = (wanted: Wanted) => Promise<readonly BundledFile[]>

/** In memory and nowhere else, where no task can put something else in their place. The oldest goes first. */
const max_kept_bytes = 64 * 1024 * 1024
const max_kept = 1_000
const fetch_ms = 60_000

type Kept = { readonly files: readonly BundledFile[]; readonly size_bytes: number }

export const createBundles = (
  workflow: Pick<Client<typeof WorkflowService>, "giveBundle">,
  keep_bytes: number = max_kept_bytes,
): Bundles => {
  const kept = createKept<Kept>({ of: ({ size_bytes }) => size_bytes, max: max_kept, max_size: keep_bytes })
  const coming = new Map<string, Promise<readonly BundledFile[]>>()
  const bring = async (key: string, wanted: Wanted) => {
    const { workspace_id: workspaceId, digest } = wanted
    const ask = () => workflow.giveBundle({ workspaceId, digest }, { timeoutMs: fetch_ms })
    try {
      const bytes = new Uint8Array((await patiently(ask)).bytes)
      const files = checked(wanted, bytes)
      kept.keep(key, { files, size_bytes: bytes.length })
      return files
    } finally {
      coming.delete(key)
    }
  }
  return (wanted) => {
    const key = `${wanted.workspace_id} ${wanted.digest}`
    const known = kept.get(key)
    if (known) return Promise.resolve(known.files)
    // Tasks that begin together ask once.
    const brought = coming.get(key) ?? bring(key, wanted)
    coming.set(key, brought)
    return brought
  }
}

const checked = ({ digest }: Wanted, bytes: Uint8Array<ArrayBuffer>): readonly BundledFile[] => {
  const isRight = createHash("sha256").update(bytes).digest("hex") === digest
  const files = isRight ? unpackBundle(bytes) : undefined
  if (files) return files
  throw new Problem("bundle.not_found", { detail: "What the store has is not what was pushed." })
}
