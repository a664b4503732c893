import { lstat } from "node:fs/promises"
import { parseOutputs } from "#language/outputs.ts"

/** Beyond this, data belongs into a file. */
export const max_large_outputs_bytes = 16 * 1024 * 1024

/** What a task has written to $WF_OUTPUT. It may have put anything in its place: a pipe or a device would never end. */
export const readOutputs = async (path: string): Promise<ReturnType<typeof parseOutputs>> => {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return { ok: true, values: {} }
  if (!found.isFile()) return { ok: false, error: "it is not a file any more" }
  if (found.size > max_large_outputs_bytes) {
    const error = `it has ${found.size} bytes, and at most ${max_large_outputs_bytes} can be kept: write large data to a file and declare it under \`artifacts\``
    return { ok: false, error }
  }
  return parseOutputs(await Bun.file(path).text(), max_large_outputs_bytes)
}
