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
const podman = podmanDownload(testCache)
if (podmanObstacle() === undefined && podman !== undefined) {
  await installPodman(testCache)
  process.stdout.write("podman is unpacked\n")
}
