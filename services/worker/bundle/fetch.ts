import { createHash } from "node:crypto"
import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { type BundledFile, unpackBundle } from "#language/bundle.ts"
import type { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"

export type Wanted = { readonly workspace_id: string; readonly digest: string }

/** Bundles by their digests: one that is in memory isn't asked for again. */
export type Bundles = (wanted: Wanted) => Promise<readonly BundledFile[]>

/** In memory and nowhere else, where no task can put something else in their place. The oldest goes first. */
const max_kept_bytes = 64 * 1024 * 1024
const max_tries = 5
const first_wait_ms = 200
const fetch_ms = 60_000

type Kept = { readonly files: readonly BundledFile[]; readonly size_bytes: number }

export const createBundles = (
  workflow: Pick<Client<typeof WorkflowService>, "giveBundle">,
  keep_bytes: number = max_kept_bytes,
): Bundles => {
  const kept = new Map<string, Kept>()
  const coming = new Map<string, Promise<readonly BundledFile[]>>()
  let size_bytes = 0
  const keep = (key: string, fresh: Kept) => {
    kept.set(key, fresh)
    size_bytes += fresh.size_bytes
    for (const [oldest, old] of kept) {
      if (size_bytes <= keep_bytes) return
      kept.delete(oldest)
      size_bytes -= old.size_bytes
    }
  }
  const bring = async (key: string, wanted: Wanted) => {
    try {
      const bytes = await ask(workflow, wanted)
      const files = checked(wanted, bytes)
      keep(key, { files, size_bytes: bytes.length })
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

/** The service may be starting anew: that is no reason to fail. */
const ask = async (
  workflow: Pick<Client<typeof WorkflowService>, "giveBundle">,
  { workspace_id: workspaceId, digest }: Wanted,
): Promise<Uint8Array<ArrayBuffer>> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const { bytes } = await workflow.giveBundle({ workspaceId, digest }, { timeoutMs: fetch_ms })
      return new Uint8Array(bytes)
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 503 || tries === max_tries) throw error
      await Bun.sleep(first_wait_ms * 2 ** tries)
    }
  }
}

const checked = ({ digest }: Wanted, bytes: Uint8Array<ArrayBuffer>): readonly BundledFile[] => {
  const isRight = createHash("sha256").update(bytes).digest("hex") === digest
  const files = isRight ? unpackBundle(bytes) : undefined
  if (files) return files
  throw new Problem("bundle.not_found", { detail: "What the store has is not what was pushed." })
}
