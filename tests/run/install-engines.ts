import { existsSync } from "node:fs"
import { chromiumDownload, chromiumObstacle, installChromium } from "#deploy/engines/chromium.ts"
import { engines } from "#deploy/engines/engines.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { installPodman, podmanDownload, podmanObstacle } from "#deploy/engines/podman.ts"
import { installPython, pythonDownload, pythonObstacle } from "#deploy/engines/python.ts"
import {
  installSecretService,
  secretServiceDownload,
  secretServiceObstacle,
} from "#deploy/engines/secret-service.ts"
import { installShells, shellsDownload, shellsObstacle } from "#deploy/engines/shells.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"

// Installs one after another what the tests with real engines need; what a machine lacks is named, and is skipped there.
const usable = engines.filter(isUsable)
for (const engine of usable) {
  const known = existsSync(installedFolder(testCache, engine))
  await engine.install(testCache)
  if (!known) process.stdout.write(`${engine.name} ${engine.version} is installed\n`)
}
/** These may be out of reach where the other registries are not: only their own tests fall away then. */
const bring = async (what: string, install: (cache: string) => Promise<void>): Promise<string> => {
  try {
    await install(testCache)
    return `${what} brought`
  } catch (error) {
    return `SKIPPED: tests with ${what}: ${error instanceof Error ? error.message : String(error)}`
  }
}
if (podmanObstacle() === undefined && podmanDownload(testCache) !== undefined) {
  process.stdout.write(`${await bring("podman", installPodman)}\n`)
}
if (secretServiceObstacle() === undefined && secretServiceDownload(testCache) !== undefined) {
  process.stdout.write(`${await bring("a keyring", installSecretService)}\n`)
}
if (shellsObstacle() === undefined && shellsDownload(testCache) !== undefined) {
  process.stdout.write(`${await bring("bash, zsh and fish", installShells)}\n`)
}
if (chromiumObstacle() === undefined && chromiumDownload(testCache) !== undefined) {
  process.stdout.write(`${await bring("chromium", installChromium)}\n`)
}
if (pythonObstacle() === undefined && pythonDownload(testCache) !== undefined) {
  process.stdout.write(`${await bring("tools for Python", installPython)}\n`)
}
