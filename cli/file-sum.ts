import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

export type FileSum = { readonly size_bytes: number; readonly sha256: string }

/** What a file is, read once in pieces. */
export const sumOfFile = async (path: string): Promise<FileSum> => {
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  const hash = createHash("sha256")
  for await (const bytes of createReadStream(path)) hash.update(bytes)
  return { size_bytes: found.size, sha256: hash.digest("hex") }
}
