import { existsSync } from "node:fs"
import { mkdir, symlink } from "node:fs/promises"
import { join } from "node:path"
import { installedFolder, installOnce } from "./install.ts"
import { librariesIn, packagesObstacle, unpackPackages } from "./packages.ts"

/** No engines that are started: the shells whose completion is tested, of the machine itself or from its packages. */
const recipe = { name: "shells", version: "packages" } as const
const shells = ["bash", "zsh", "fish"] as const

export type Shell = (typeof shells)[number]

const missing = (): readonly Shell[] => shells.filter((shell) => Bun.which(shell) === null)

/** Why this machine can't have them all, if it can't. */
export const shellsObstacle = (): string | undefined => {
  const lacking = missing()
  const obstacle = lacking.length === 0 ? undefined : packagesObstacle()
  return obstacle && `${lacking.join(" and ")} can't be brought: ${obstacle}. Install ${lacking.join(", ")}`
}

/** What is still to be brought, for people; undefined where all is there. */
export const shellsDownload = (cache: string): string | undefined =>
  missing().length > 0 && !existsSync(installedFolder(cache, recipe))
    ? `${missing().join(" and ")}, from this machine's packages: about 8 MB`
    : undefined

/** Takes the machine's own; those that aren't there are unpacked into the cache, and nothing is installed. */
export const installShells = async (cache: string): Promise<void> => {
  if (missing().length === 0) return
  await installOnce(cache, {
    ...recipe,
    async build(folder) {
      await unpackPackages(folder, { packages: missing() })
      // fish finds its own files beside its program only where its settings are there, too.
      await mkdir(join(folder, "root/usr/etc"), { recursive: true })
      await symlink("../../etc/fish", join(folder, "root/usr/etc/fish"))
    },
  })
}

/** How a shell is called, and what it needs in its environment to find its own files. */
export type Called = {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  /** What zsh has to be told before it reads anything else. */
  readonly first_lines: readonly string[]
}

const folderBelow = async (folder: string, pattern: string): Promise<string> => {
  for await (const found of new Bun.Glob(pattern).scan({ cwd: folder, onlyFiles: false }))
    return join(folder, found)
  throw new Error(`There is no ${pattern} in ${folder}.`)
}

export const shellIn = async (shell: Shell, cache: string): Promise<Called> => {
  const own = Bun.which(shell)
  if (own !== null) return { path: own, environment: {}, first_lines: [] }
  const root = join(installedFolder(cache, recipe), "root")
  const environment = { LD_LIBRARY_PATH: librariesIn(root).join(":") }
  if (shell !== "zsh") return { path: join(root, "usr/bin", shell), environment, first_lines: [] }
  const path = existsSync(join(root, "bin/zsh")) ? join(root, "bin/zsh") : join(root, "usr/bin/zsh")
  const modules = await folderBelow(root, "usr/lib/*/zsh/5*")
  const functions = join(root, "usr/share/zsh/functions")
  return {
    path,
    environment,
    first_lines: [`module_path=('${modules}')`, `fpath=('${functions}' '${functions}'/**/*(/N))`],
  }
}
