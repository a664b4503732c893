import { existsSync } from "node:fs"
import { brought } from "#deploy/engines/brought.ts"
import { engines } from "#deploy/engines/engines.ts"
import { installedFolder } from "#deploy/engines/install.ts"
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
  const tools = brought.map((tool) => ({ ...tool, lacks: tool.obstacle() }))
  const missing = tools.flatMap(({ lacks, download }) =>
    lacks === undefined ? (download(testCache) ?? []) : [],
  )
  const downloads = [
    ...wanted.map(({ name, version, size }) => `  ${name} ${version}: ${size}`),
    ...missing.map((one) => `  ${one}`),
  ]
  const heading = `Engines to download and install into ${testCache}:`
  return [
    ...(downloads.length > 0 ? [heading, ...downloads] : []),
    ...engines
      .filter((engine) => !able.includes(engine))
      .map(({ name, needs }) => `SKIPPED: tests with ${name}. ${complaintOf(name, needs)}`),
    ...tools.flatMap(({ name, lacks }) =>
      lacks === undefined ? [] : `SKIPPED: tests with ${name}: ${lacks}`,
    ),
  ]
}

/** The engines that this machine can't have. */
export const lackingEngines = (): readonly string[] =>
  engines.filter(({ needs }) => missingTools(needs).length > 0).map(({ name }) => name)
