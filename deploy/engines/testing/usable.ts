import type { Engine } from "#deploy/engines/engine.ts"
import { engineCache } from "#deploy/engines/install.ts"
import { missingTools } from "#deploy/engines/tools.ts"

export const testCache = engineCache(process.env.WF_ENGINES_CACHE)

/** Whether an engine's tests can run here. Says so loudly where they can't; in CI that is a failure. */
export const isUsable = (engine: Engine): boolean => {
  if (process.env.WF_TEST_ENGINES === "none" && engine.needs.length > 0) {
    process.stderr.write(`SKIPPED: tests with ${engine.name}, which the quick tests leave out\n`)
    return false
  }
  const missing = missingTools(engine.needs)
  if (missing.length === 0) return true
  const reason = `tests with ${engine.name} need ${missing.join(" and ")}`
  if (process.env.CI === "true") throw new Error(reason)
  process.stderr.write(`SKIPPED: ${reason}\n`)
  return false
}
