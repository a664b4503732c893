import { createHmac, hkdfSync } from "node:crypto"

/** The platform's master key: 32 bytes of base64 in the key file, the same for every service. */
export type PlatformKey = {
  /** A key for one purpose; nothing can be learnt from it about the others. */
  derive(purpose: string): Uint8Array
  sign(purpose: string, text: string): string
}

export const key_bytes = 32

export const platformKey = (text: string): PlatformKey => {
  const master = Buffer.from(text.trim(), "base64")
  if (master.length !== key_bytes) throw new Error(`the key file must hold ${key_bytes} bytes in base64`)
  const derived = new Map<string, Uint8Array>()
  const derive = (purpose: string): Uint8Array => {
    const known = derived.get(purpose)
    if (known) return known
    const key = new Uint8Array(hkdfSync("sha256", master, "wf", purpose, key_bytes))
    derived.set(purpose, key)
    return key
  }
  return {
    derive,
    sign: (purpose, signed) => createHmac("sha256", derive(purpose)).update(signed).digest("base64url"),
  }
}
