import { readdirSync, realpathSync, statSync } from "node:fs"
import { join } from "node:path"
import { exit_codes } from "../exit.ts"
import { Failure } from "../failure.ts"

const isWorkflow = (name: string): boolean =>
  /\.(ya?ml|ts)$/i.test(name) && !/^\.|\.(d|test)\.ts$/i.test(name)

/** The files that are meant, each once: of a folder those in it, not those below. A file that isn't there is named, too. */
export const findFiles = (paths: readonly string[]): readonly string[] => {
  const found = new Map<string, string>()
  for (const path of paths.flatMap(filesIn)) {
    const real = statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : path
    if (!found.has(real)) found.set(real, path)
  }
  return [...found.values()]
}

const filesIn = (path: string): readonly string[] => {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
  const names = readdirSync(path).filter(isWorkflow).sort()
  return names
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
}

/** Where something that was named isn't there, or has no workflow in it. */
export const checkPaths = (paths: readonly string[]): void => {
  for (const path of paths) {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) {
      throw new Failure(exit_codes.not_found, `There is no file or folder ${path}. Check the path.`)
    }
    if (!stats.isDirectory() || filesIn(path).length > 0) continue
    const what = "no file in it ends in .yml, .yaml or .ts"
    throw new Failure(exit_codes.usage, `The folder ${path} has no workflows: ${what}.`)
  }
}
