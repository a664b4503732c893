import { z } from "zod"
import { limits } from "./limits.ts"
import { sha256 } from "./sha256.ts"
import { filePath } from "./words.ts"

/** A file of a version, with what it holds. */
export type BundledFile = {
  readonly path: string
  readonly executable: boolean
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** What a version says of one of its files. */
export type VersionFile = {
  readonly path: string
  readonly executable: boolean
  readonly size_bytes: number
  readonly sha256: string
}

export type Bundle = {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** SHA-256 of the bytes: the same files, the same bundle. */
  readonly digest: string
  readonly files: readonly VersionFile[]
}

const headSchema = z
  .array(
    z.object({
      path: filePath,
      executable: z.boolean(),
      size_bytes: z.int().min(0).max(limits.max_file_bytes),
      sha256: z.string(),
    }),
  )
  .max(limits.max_files)

/** A bundle begins with a line of JSON that says what follows; then come the files, one after the other. */
const line_end = 10

export const packBundle = async (given: readonly BundledFile[]): Promise<Bundle> => {
  const sorted = given.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  const files: VersionFile[] = []
  for (const { path, executable, bytes } of sorted) {
    files.push({ path, executable, size_bytes: bytes.length, sha256: await sha256(bytes) })
  }
  const head = new TextEncoder().encode(`${JSON.stringify(files)}\n`)
  const size_bytes = files.reduce((sum, file) => sum + file.size_bytes, head.length)
  const bytes = new Uint8Array(size_bytes)
  bytes.set(head)
  let at = head.length
  for (const file of sorted) {
    bytes.set(file.bytes, at)
    at += file.bytes.length
  }
  return { bytes, digest: await sha256(bytes), files }
}

/** Undefined when these bytes are no bundle. Whether they are the right one, their digest says. */
export const unpackBundle = (bytes: Uint8Array<ArrayBuffer>): readonly BundledFile[] | undefined => {
  const end = bytes.indexOf(line_end)
  const { success, data } = headSchema.safeParse(end < 0 ? undefined : headOf(bytes.subarray(0, end)))
  if (!success) return undefined
  const files: BundledFile[] = []
  let at = end + 1
  for (const { path, executable, size_bytes } of data) {
    files.push({ path, executable, bytes: bytes.subarray(at, at + size_bytes) })
    at += size_bytes
  }
  return at === bytes.length ? files : undefined
}

const headOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
