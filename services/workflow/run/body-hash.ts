import { canonicalJson } from "#language/canonical-json.ts"

/** What tells a request from another that came with the same key. */
export const bodyHash = async (body: unknown): Promise<string> => {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(canonicalJson(body)))
  return Buffer.from(hash).toString("hex")
}
