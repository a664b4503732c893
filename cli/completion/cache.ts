import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Environment } from "#kernel/config/config.ts"
import { isMapping } from "#language/mappings.ts"
import type { Named } from "./live.ts"

type Entry = { readonly at_ms: number; readonly names: readonly Named[] }

export type NameCache = {
  read(key: string): Entry | undefined
  write(key: string, entry: Entry): void
}

const max_entries = 40
/** Whoever has put something else there has no names in it. */
const max_bytes = 2 ** 20

const isNamed = (value: unknown): value is Named =>
  isMapping(value) && typeof value.value === "string" && typeof value.about === "string"

const isEntry = (value: unknown): value is Entry =>
  isMapping(value) &&
  typeof value.at_ms === "number" &&
  Array.isArray(value.names) &&
  value.names.every(isNamed)

/** Names of a moment ago, so that the next TAB asks nobody. What can't be kept or read is just not there. */
export const nameCache = (environment: Environment): NameCache => {
  const folder = join(environment.XDG_CACHE_HOME || join(homedir(), ".cache"), "wf")
  const path = join(folder, "completion.json")
  const all = (): readonly (readonly [string, Entry])[] => {
    try {
      const text = readFileSync(path, "utf8")
      const parsed: unknown = text.length > max_bytes ? {} : JSON.parse(text)
      if (!isMapping(parsed)) return []
      return Object.entries(parsed).flatMap(([key, entry]) => (isEntry(entry) ? [[key, entry] as const] : []))
    } catch {
      return []
    }
  }
  return {
    read: (key) => new Map(all()).get(key),
    write(key, entry) {
      try {
        const others = all().filter(([name]) => name !== key)
        const latest = [...others, [key, entry] as const].toSorted(
          ([, one], [, other]) => other.at_ms - one.at_ms,
        )
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        const draft = `${path}.${process.pid}`
        writeFileSync(draft, JSON.stringify(Object.fromEntries(latest.slice(0, max_entries))), {
          mode: 0o600,
        })
        renameSync(draft, path)
      } catch {
        // A home that can't be written has no cache.
      }
    },
  }
}
