import { existsSync } from "node:fs"
import { chmod } from "node:fs/promises"
import { join } from "node:path"
import { installedFolder, installOnce } from "./install.ts"
import { librariesIn, packagesObstacle, unpackPackages } from "./packages.ts"

/** No engine that is started by itself: the browser that pages are tested in, of the machine itself or from its packages. */
const recipe = { name: "chromium", version: "packages" } as const
const names = ["chromium", "chromium-browser", "google-chrome"] as const

const own = (): string | undefined =>
  names.map((name) => Bun.which(name)).find((path) => path !== null) ?? undefined

const program = (cache: string): string => join(installedFolder(cache, recipe), "chromium")

/** Why this machine can't have it, if it can't. */
export const chromiumObstacle = (): string | undefined => {
  if (own() !== undefined) return undefined
  const obstacle = packagesObstacle()
  return obstacle && `it can't be brought: ${obstacle}. Install chromium`
}

/** What is still to be brought, for people; undefined where it is there. */
export const chromiumDownload = (cache: string): string | undefined =>
  own() === undefined && !existsSync(program(cache))
    ? "chromium, from this machine's packages: about 130 MB"
    : undefined

/** Takes the machine's own; where there is none, its packages are unpacked into the cache, and nothing is installed. */
export const installChromium = async (cache: string): Promise<void> => {
  if (own() !== undefined) return
  await installOnce(cache, { ...recipe, build: unpack })
}

const libraries = librariesIn("$root").flatMap((folder) => [folder, `${folder}/pulseaudio`])

/** It finds its libraries, its settings of fonts and the fonts where they were unpacked to, and fonts of the machine's own, which are not unpacked again. */
const script = [
  "#!/bin/sh",
  'root=$(dirname "$(readlink -f "$0")")/root',
  `export LD_LIBRARY_PATH="${libraries.join(":")}"`,
  'export FONTCONFIG_FILE="$root/fonts.conf"',
  'exec "$root/usr/lib/chromium/chromium" "$@"',
]

const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir prefix="relative">usr/share/fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`

const unpack = async (folder: string): Promise<void> => {
  await unpackPackages(folder, { packages: ["chromium", "fonts-dejavu-core"] })
  await Bun.write(join(folder, "root/fonts.conf"), fonts)
  await Bun.write(join(folder, "chromium"), `${script.join("\n")}\n`)
  await chmod(join(folder, "chromium"), 0o755)
}

/** What is to be called. */
export const chromiumIn = (cache: string): string => own() ?? program(cache)
