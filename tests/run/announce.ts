import { existsSync } from "node:fs"
import { chromiumDownload, chromiumObstacle } from "#deploy/engines/chromium.ts"
import { engines } from "#deploy/engines/engines.ts"
import { installedFolder } from "#deploy/engines/install.ts"
import { podmanDownload, podmanObstacle } from "#deploy/engines/podman.ts"
import { pythonDownload, pythonObstacle } from "#deploy/engines/python.ts"
import { secretServiceDownload, secretServiceObstacle } from "#deploy/engines/secret-service.ts"
import { shellsDownload, shellsObstacle } from "#deploy/engines/shells.ts"
import { testCache } from "#deploy/engines/testing/usable.ts"
import { missingTools, requireTools } from "#deploy/engines/tools.ts"

const complaintOf = (name: string, needs: Parameters<typeof requireTools>[1]): string => {
  try {
    requireTools(name, needs)
    return ""
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Lines that say, before anything happens, what will be downloaded and what this machine lacks. */
export const announceEngines = (): readonly string[] => {
  const able = engines.filter(({ needs }) => missingTools(needs).length === 0)
  const wanted = able.filter(
    (engine) => !existsSync(installedFolder(testCache, engine)) && engine.needs.length > 0,
  )
  const obstacle = podmanObstacle()
  const podman = obstacle === undefined ? podmanDownload(testCache) : undefined
  const no_shells = shellsObstacle()
  const shells = no_shells === undefined ? shellsDownload(testCache) : undefined
  const no_keyring = secretServiceObstacle()
  const keyring = no_keyring === undefined ? secretServiceDownload(testCache) : undefined
  const no_chromium = chromiumObstacle()
  const chromium = no_chromium === undefined ? chromiumDownload(testCache) : undefined
  const no_python = pythonObstacle()
  const python = no_python === undefined ? pythonDownload(testCache) : undefined
  const downloads = [
    ...wanted.map(({ name, version, size }) => `  ${name} ${version}: ${size}`),
    ...[podman, shells, keyring, chromium, python].flatMap((one) => (one === undefined ? [] : [`  ${one}`])),
  ]
  const heading = `Engines to download and install into ${testCache}:`
  return [
    ...(downloads.length > 0 ? [heading, ...downloads] : []),
    ...engines
      .filter((engine) => !able.includes(engine))
      .map(({ name, needs }) => `SKIPPED: tests with ${name}. ${complaintOf(name, needs)}`),
    ...(obstacle === undefined ? [] : [`SKIPPED: tests with podman: ${obstacle}`]),
    ...(no_keyring === undefined ? [] : [`SKIPPED: tests with a keyring: ${no_keyring}`]),
    ...(no_shells === undefined ? [] : [`SKIPPED: tests with bash, zsh and fish: ${no_shells}`]),
    ...(no_python === undefined ? [] : [`SKIPPED: tests in Python: ${no_python}`]),
    ...(no_chromium === undefined ? [] : [`SKIPPED: tests with chromium: ${no_chromium}`]),
  ]
}

/** The engines that this machine can't have. */
export const lackingEngines = (): readonly string[] =>
  engines.filter(({ needs }) => missingTools(needs).length > 0).map(({ name }) => name)
