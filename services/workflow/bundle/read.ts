import { Problem } from "#kernel/problem/problem.ts"
import { type Bundle, type BundledFile, packBundle } from "#language/bundle.ts"
import { limits } from "#language/limits.ts"
import type { Definition } from "#language/schema.ts"
import type { SentFile } from "./shape.ts"

type Fault = { readonly path: string; readonly message: string }

/** What was sent of the files that a definition names; undefined if it names none. All that is wrong is named at once. */
export const readBundle = async (
  { files: named = [] }: Definition,
  sent: readonly SentFile[],
): Promise<Bundle | undefined> => {
  const faults: Fault[] = []
  const files = new Map<string, BundledFile>()
  let size_bytes = 0
  for (const [index, one] of sent.entries()) {
    const bytes = bytesOf(one)
    size_bytes += bytes?.length ?? 0
    const message = faultOf(one, bytes, { named, files })
    if (message !== undefined) faults.push({ path: `files[${index}]`, message })
    else if (bytes) files.set(one.path, { path: one.path, executable: one.executable ?? false, bytes })
  }
  for (const [index, path] of named.entries()) {
    if (sent.some((one) => one.path === path)) continue
    const message = `\`${path}\` is named here, and what it holds was not sent along in \`files\``
    faults.push({ path: `definition.files[${index}]`, message })
  }
  if (size_bytes > limits.max_files_bytes) {
    const message = `the files have ${size_bytes} bytes; all together have at most ${limits.max_files_bytes}: fetch large data in a task`
    faults.push({ path: "files", message })
  }
  const [first] = faults
  if (first) throw new Problem("workflow.invalid", { errors: faults, detail: first.message })
  return named.length > 0 ? packBundle([...files.values()]) : undefined
}

const bytesOf = ({ content, encoding = "utf8" }: SentFile): Uint8Array<ArrayBuffer> | undefined => {
  if (encoding === "utf8") return content.isWellFormed() ? new TextEncoder().encode(content) : undefined
  const bytes = Buffer.from(content, "base64")
  // What is no base64 is passed over in silence otherwise.
  return bytes.toString("base64") === content ? new Uint8Array(bytes) : undefined
}

type Around = { readonly named: readonly string[]; readonly files: ReadonlyMap<string, BundledFile> }

const faultOf = (
  { path, encoding = "utf8" }: SentFile,
  bytes: Uint8Array | undefined,
  { named, files }: Around,
): string | undefined => {
  const name = `\`${path.slice(0, 200)}\``
  if (!named.includes(path)) return `${name} isn't one of the workflow's \`files\`: name it there`
  if (files.has(path)) return `${name} is there twice`
  if (!bytes) return `the content of ${name} is no ${encoding}`
  if (bytes.length <= limits.max_file_bytes) return undefined
  return `${name} has ${bytes.length} bytes; a file has at most ${limits.max_file_bytes}: fetch large data in a task`
}
