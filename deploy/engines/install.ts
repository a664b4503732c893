import { existsSync } from "node:fs"
import { rename, rm } from "node:fs/promises"
import { join } from "node:path"
import { createOwnedFolder } from "./owned-folder.ts"

type Recipe = {
  readonly name: string
  readonly version: string
  /** Fills the folder. It becomes visible under its final name only when this has succeeded. */
  readonly build: (folder: string) => Promise<void>
}

/** Where engines are installed unless something else is asked for. */
export const engineCache = (wanted: string | undefined) =>
  wanted ?? join(import.meta.dir, "..", "..", ".engines")

export const installedFolder = (cache: string, { name, version }: Pick<Recipe, "name" | "version">) =>
  join(cache, `${name}-${version}`)

/** Installs once. A half-finished installation never has the final name, so it is simply done again. */
export const installOnce = async (cache: string, recipe: Recipe): Promise<void> => {
  const folder = installedFolder(cache, recipe)
  if (existsSync(folder)) return
  const building = await createOwnedFolder(cache, `.${recipe.name}`)
  try {
    await recipe.build(building)
    await rename(building, folder).catch((error: unknown) => {
      // Another process may have been faster; its folder is as good as ours.
      if (!existsSync(folder)) throw error
    })
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}
