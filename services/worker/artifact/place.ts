import { createReadStream } from "node:fs"
import { chmod, lstat, mkdir, realpath, rename } from "node:fs/promises"
import { dirname, join } from "node:path"
import { BadArchive, unpackArchive } from "#kernel/archive/unpack.ts"
import { limits } from "#language/limits.ts"

const modes = { folder: 0o755, plain: 0o644 } as const

/** Why a file can't be where it belongs, which another try would not change. */
export class NoPlace extends Error {}

/** Moves a file to its name in a folder, step by step and by no link; what has had that name makes way. */
export const placeFile = async (work: string, name: string, from: string): Promise<void> => {
  try {
    const target = await makePlace(work, name)
    // Whatever the worker's umask: the user of a container is somebody else.
    await chmod(from, modes.plain)
    await rename(from, target)
  } catch (error) {
    const code = error instanceof Error ? Reflect.get(error, "code") : undefined
    if (code === "ENAMETOOLONG") throw new NoPlace("its name is longer than this system takes")
    if (code === "EISDIR" || code === "ENOTEMPTY") throw new NoPlace("a folder has its name")
    throw error
  }
}

/** Unpacks an archive where the folder was that it was made of. */
export const placeFolder = async (work: string, name: string, from: string): Promise<void> => {
  const target = dirname(await makePlace(work, name))
  const bounds = { max_files: limits.max_fetched_files, max_bytes: limits.max_fetched_bytes }
  try {
    await unpackArchive(createReadStream(from), target, bounds)
  } catch (error) {
    if (error instanceof BadArchive) throw new NoPlace(`it can't be unpacked: ${error.message}`)
    throw error
  }
}

const makePlace = async (work: string, name: string): Promise<string> => {
  const steps = name.split("/")
  if (steps.some((step) => step === "" || step === "." || step === ".." || step.includes("\0"))) {
    throw new NoPlace("its name leads out of the folder")
  }
  await mkdir(work, { recursive: true })
  const folder = await realpath(work)
  for (let depth = 1; depth < steps.length; depth += 1) {
    await makeFolder(join(folder, ...steps.slice(0, depth)), steps.slice(0, depth).join("/"))
  }
  const target = join(folder, ...steps)
  const there = await lstat(target).catch(absent)
  if (there?.isDirectory()) throw new NoPlace("a folder has its name")
  if ((await realpath(dirname(target))) !== dirname(target)) throw new NoPlace("its name leads over a link")
  return target
}

const makeFolder = async (path: string, shown: string): Promise<void> => {
  const there = await lstat(path).catch(absent)
  if (there?.isDirectory()) return
  if (there) throw new NoPlace(`${JSON.stringify(shown)} is ${there.isSymbolicLink() ? "a link" : "a file"}`)
  await mkdir(path)
  await chmod(path, modes.folder)
}

const absent = (error: unknown): undefined => {
  if (error instanceof Error && Reflect.get(error, "code") === "ENOENT") return undefined
  throw error
}
