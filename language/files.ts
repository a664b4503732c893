import type { Fault } from "./fault.ts"
import { limits } from "./limits.ts"
import type { Mapping } from "./mappings.ts"
import { filePath } from "./words.ts"

/** What some systems take for a device, whatever follows the first dot. */
const device = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i

/** Two names that are one file on some system have the same. */
const folded = (path: string): string => path.normalize("NFC").toLowerCase()

const foldersOf = (path: string): string[] => {
  const steps = path.split("/").slice(0, -1)
  return steps.map((_, index) => steps.slice(0, index + 1).join("/"))
}

/** What is wrong with the names of a workflow's files, seen together. Each by itself is the schema's affair. */
export const fileFaults = ({ files }: Mapping): Fault[] => {
  if (!Array.isArray(files)) return []
  const faults: Fault[] = []
  const seen = new Map<string, string>()
  const named = (files as readonly unknown[])
    .slice(0, limits.max_files)
    .map((path, index) => ({ path, index }))
    .flatMap(({ path, index }) => (isPath(path) ? [{ path, index }] : []))
  const folders = new Set(named.flatMap(({ path }) => foldersOf(folded(path))))
  for (const { path, index } of named) {
    const message = nameFault(path, seen.get(folded(path)), folders)
    seen.set(folded(path), path)
    if (message !== undefined) faults.push({ path: ["files", index], message })
  }
  return faults
}

const isPath = (path: unknown): path is string => filePath.safeParse(path).success

const nameFault = (
  path: string,
  earlier: string | undefined,
  folders: ReadonlySet<string>,
): string | undefined => {
  if (earlier === path) return `\`${path}\` is there twice`
  if (earlier !== undefined) return `\`${path}\` and \`${earlier}\` are one file on some systems: rename one`
  if (folders.has(folded(path))) return `\`${path}\` is a folder of another file, too: rename one`
  const step = path.split("/").find((one) => device.test(one) || /[. ]$/.test(one) || /[<>:"|?*]/.test(one))
  if (step === undefined) return undefined
  const hint = /[?*]/.test(step) ? "; patterns are not read here, so name each file" : ": rename it"
  return `\`${step}\` can't be a file's name on every system${hint}`
}
