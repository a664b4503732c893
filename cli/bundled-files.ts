import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs"
import { join, sep } from "node:path"
import { limits } from "#language/limits.ts"
import type { SentFile } from "#sdk/index.ts"

/** What is wrong with one of them, by its place in `files`. */
export type FileFault = { readonly index: number; readonly message: string }

export type ReadFiles = { readonly files: readonly SentFile[]; readonly faults: readonly FileFault[] }

/** What the files hold that a workflow names, from the folder that its own file is in. */
export const readFiles = (folder: string, paths: readonly string[]): ReadFiles => {
  const files: SentFile[] = []
  const faults: FileFault[] = []
  let left_bytes: number = limits.max_files_bytes
  for (const [index, path] of paths.entries()) {
    const read = readOne(realpathSync(folder), path)
    if ("fault" in read) {
      faults.push({ index, message: read.fault })
      continue
    }
    left_bytes -= read.bytes.length
    if (left_bytes < 0) {
      const message = `with \`${path}\` the files have more than ${limits.max_files_bytes} bytes together: fetch large data in a task`
      return { files, faults: [...faults, { index, message }] }
    }
    files.push({
      ...{ path, content: read.bytes.toString("base64"), encoding: "base64" },
      executable: read.executable,
    })
  }
  return { files, faults }
}

type Read = { readonly bytes: Buffer; readonly executable: boolean } | { readonly fault: string }

const anybody_runs = 0o111

/** By no link out of the folder; and what is no plain file, such as a pipe, is not waited for. */
const readOne = (folder: string, path: string): Read => {
  let descriptor: number | undefined
  try {
    const real = realpathSync(join(folder, path))
    if (!real.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)) {
      return { fault: `\`${path}\` is a link out of the workflow's folder: copy the file into it` }
    }
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK)
    const stats = fstatSync(descriptor)
    if (!stats.isFile()) return { fault: `\`${path}\` is no file: name the files themselves` }
    if (stats.size > limits.max_file_bytes) {
      const size = `has ${stats.size} bytes; a file has at most ${limits.max_file_bytes}`
      return { fault: `\`${path}\` ${size}: fetch large data in a task` }
    }
    return { bytes: readFileSync(descriptor), executable: (stats.mode & anybody_runs) !== 0 }
  } catch (error) {
    return { fault: faultOf(path, error) }
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

const faultOf = (path: string, error: unknown): string => {
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  if (code === "ENOENT" || code === "ENOTDIR") return `there is no file \`${path}\` beside the workflow`
  return `\`${path}\` can't be read (${code})`
}
