import { timingSafeEqual } from "node:crypto"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import type { Expected } from "./blob.ts"

/** All that a presigned URL allows; nothing of it can be changed without the key. */
export type Permit = {
  readonly key: string
  readonly method: "GET" | "PUT"
  readonly expires_at_s: number
  readonly content_type: string
  readonly file_name: string
  readonly expected: Expected
}

const purpose = "blob-url"

const signatureOf = (permit: Permit, key: PlatformKey): string => {
  const { key: name, method, expires_at_s, content_type, file_name, expected } = permit
  const { size_bytes = null, sha256 = null } = expected
  const said = [name, method, expires_at_s, content_type, file_name, size_bytes, sha256]
  return key.sign(purpose, JSON.stringify(said))
}

export const signedQuery = (permit: Permit, key: PlatformKey): string => {
  const { size_bytes, sha256 } = permit.expected
  return new URLSearchParams({
    expires: String(permit.expires_at_s),
    content_type: permit.content_type,
    file_name: permit.file_name,
    ...(size_bytes !== undefined && { size_bytes: String(size_bytes) }),
    ...(sha256 !== undefined && { sha256 }),
    signature: signatureOf(permit, key),
  }).toString()
}

export type Asked = { readonly key: string; readonly method: string; readonly query: URLSearchParams }

const expectedIn = (query: URLSearchParams): Expected => {
  const size = query.get("size_bytes")
  const sha256 = query.get("sha256")
  return { ...(size !== null && { size_bytes: Number(size) }), ...(sha256 !== null && { sha256 }) }
}

/** The permit, if it is genuine, for just this, and not over. */
export const readPermit = (
  { key: name, method, query }: Asked,
  key: PlatformKey,
  now: Date,
): Permit | undefined => {
  if (method !== "GET" && method !== "PUT") return undefined
  const expires_at_s = Number(query.get("expires"))
  const permit: Permit = {
    key: name,
    method,
    expires_at_s,
    content_type: query.get("content_type") ?? "",
    file_name: query.get("file_name") ?? "",
    expected: expectedIn(query),
  }
  const given = Buffer.from(query.get("signature") ?? "")
  const expected = Buffer.from(signatureOf(permit, key))
  const genuine = given.length === expected.length && timingSafeEqual(given, expected)
  return genuine && now.getTime() < expires_at_s * 1000 ? permit : undefined
}
