import { createHash, randomBytes } from "node:crypto"
import { seal, unseal } from "#kernel/auth/box.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"

const purpose = "workflow.hooks"
const token_bytes = 32

export type NewToken = { readonly hash: string; readonly box: Uint8Array }

/** The secret part of a webhook's address. It is found by its hash, and opened for those who may see it. */
export type HookTokens = {
  make(trigger_id: string): Promise<NewToken>
  hashOf(token: string): string
  /** Undefined with another key file than the one it was made with. */
  open(trigger_id: string, box: Uint8Array): Promise<string | undefined>
}

export const createHookTokens = (platform_key: PlatformKey): HookTokens => {
  const key = platform_key.derive(purpose)
  const hashOf = (token: string): string => createHash("sha256").update(token).digest("hex")
  return {
    async make(trigger_id) {
      const token = `wfh_${randomBytes(token_bytes).toString("base64url")}`
      return { hash: hashOf(token), box: await seal(key, label(trigger_id), token) }
    },
    hashOf,
    open: (trigger_id, box) => unseal(key, label(trigger_id), box),
  }
}

const label = (trigger_id: string): string => `hook ${trigger_id}`
