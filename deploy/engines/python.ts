import { existsSync } from "node:fs"
import { join } from "node:path"
import { runCommand } from "./command.ts"
import { installedFolder, installOnce } from "./install.ts"

/** No engine that is started: what others would use of our API in Python, a generator of clients and a fuzzer, each pinned. */
const requirements = join(import.meta.dir, "../../tests/python/requirements.txt")
const recipe = { name: "python-tools", version: "1" } as const

const own = (): string | null => Bun.which("python3")

/** Why this machine can't have it, if it can't. */
export const pythonObstacle = (): string | undefined =>
  own() === null ? "there is no python3. Install python3 and python3-venv" : undefined

/** What is still to be brought, for people; undefined where it is there. */
export const pythonDownload = (cache: string): string | undefined =>
  existsSync(installedFolder(cache, recipe))
    ? undefined
    : "a client's generator and a fuzzer for Python: about 35 MB"

/** The python that has them: programs of a moved environment are begun by it, by their names. */
export const pythonIn = (cache: string): string => join(installedFolder(cache, recipe), "bin/python")

export const pythonProgram = (cache: string, name: string): string =>
  join(installedFolder(cache, recipe), "bin", name)

export const installPython = (cache: string): Promise<void> =>
  installOnce(cache, {
    ...recipe,
    async build(folder) {
      await runCommand({ words: [own() ?? "python3", "-m", "venv", folder] })
      const pip = [
        join(folder, "bin/python"),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
      ]
      await runCommand({ words: [...pip, "--requirement", requirements] })
    },
  })
