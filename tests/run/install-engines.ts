import { existsSync } from "node:fs"
import { engines } from "#deploy/engines/engines.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { installPodman, podmanDownload, podmanObstacle } from "#deploy/engines/podman.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"

// Installs one after another what the tests with real engines need; what a machine lacks is named, and is skipped there.
const usable = engines.filter(isUsable)
for (const engine of usable) {
  const known = existsSync(installedFolder(testCache, engine))
  await engine.install(testCache)
  if (!known) process.stdout.write(`${engine.name} ${engine.version} is installed\n`)
}
/** Packages of the system may be out of reach where the other registries are not: only its own tests fall away then. */
const unpackPodman = async (): Promise<string> => {
  try {
    await installPodman(testCache)
    return "podman is unpacked"
  } catch (error) {
    return `SKIPPED: tests with podman: ${error instanceof Error ? error.message : String(error)}`
  }
}
if (podmanObstacle() === undefined && podmanDownload(testCache) !== undefined) {
  process.stdout.write(`${await unpackPodman()}\n`)
}
