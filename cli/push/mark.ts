import { readdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { isProgram } from "../workflow-file.ts"

export const gone = "gone"

export type Marks = ReadonlyMap<string, string>

/**
 * One for each file, which is another whenever it was saved, or one that it is made of. They are looked at rather than
 * listened to: what a save is to the file system differs by editor and by disk, and a look at a few files costs nothing.
 */
export const marksOf = (paths: readonly string[], bundled: ReadonlyMap<string, readonly string[]>): Marks =>
  new Map(paths.map((path) => [path, markOf(path, bundled.get(path) ?? [])]))

const markOf = (path: string, named: readonly string[]): string => {
  const own = stamp(path)
  if (own === gone) return gone
  const folder = dirname(path)
  // What a program imports isn't known: mostly it lies beside it.
  const others = isProgram(path) ? [...readdirSync(folder).filter(isProgram), ...named] : named
  return [own, ...others.map((name) => stamp(join(folder, name)))].join(" ")
}

/** By its inode as well: many editors save by putting another file in its place. */
const stamp = (path: string): string => {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats ? `${stats.ino}:${stats.size}:${stats.mtimeMs}` : gone
}
