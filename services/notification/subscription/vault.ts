import { seal, unseal } from "#kernel/auth/box.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"

/** Keeps addresses and secrets unreadable to whoever reads the database. */
export type Vault = {
  seal(label: string, text: string): Promise<Uint8Array>
  /** Throws if it can't be opened: then the key is another one. */
  open(label: string, box: Uint8Array): Promise<string>
}

export const createVault = (key: PlatformKey): Vault => {
  const own = key.derive("notification")
  return {
    seal: (label, text) => seal(own, label, text),
    async open(label, box) {
      const text = await unseal(own, label, box)
      if (text === undefined)
        throw new Error("what is sealed in a subscription can't be opened with this key")
      return text
    },
  }
}

export const secretLabel = (id: string): string => `${id} secret`
