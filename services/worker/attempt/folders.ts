import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isAlive } from "#kernel/config/alive.ts"

const ownerOf = (folder: string): number | undefined => {
  try {
    return Number(readFileSync(join(folder, "owner"), "utf8"))
  } catch {
    return undefined
  }
}

export type ClaimedFolder = {
  readonly folder: string
  /** The ids of the workers whose folders were cleared away. */
  readonly gone: readonly string[]
  remove(): void
}

/** A folder for this worker's attempts; what earlier workers that are gone have left here is cleared away. */
export const claimFolder = (base: string, id: string): ClaimedFolder => {
  mkdirSync(base, { recursive: true, mode: 0o700 })
  const gone: string[] = []
  for (const name of readdirSync(base)) {
    const owner = ownerOf(join(base, name))
    if (owner === undefined || isAlive(owner)) continue
    rmSync(join(base, name), { recursive: true, force: true })
    gone.push(name)
  }
  const folder = join(base, id)
  mkdirSync(folder, { mode: 0o700 })
  writeFileSync(join(folder, "owner"), String(process.pid))
  return { folder, gone, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
