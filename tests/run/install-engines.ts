import { existsSync } from "node:fs"
import { brought } from "#deploy/engines/brought.ts"
import { engines } from "#deploy/engines/engines.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"

// Installs one after another what the tests with real engines need; what a machine lacks is named, and is skipped there.
const usable = engines.filter(isUsable)
for (const engine of usable) {
  const known = existsSync(installedFolder(testCache, engine))
  await engine.install(testCache)
  if (!known) process.stdout.write(`${engine.name} ${engine.version} is installed\n`)
}
/** These may be out of reach where the other registries are not: only their own tests fall away then. */
for (const { name, obstacle, download, install } of brought) {
  if (obstacle() !== undefined || download(testCache) === undefined) continue
  const said = await install(testCache).then(
    () => `${name} brought`,
    (error: unknown) =>
      `SKIPPED: tests with ${name}: ${error instanceof Error ? error.message : String(error)}`,
  )
  process.stdout.write(`${said}\n`)
}
