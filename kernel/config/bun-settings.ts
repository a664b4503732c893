/**
 * How Bun runs the platform: without its last compiler. That takes what is hot for one workload, and throws most of it away
 * when the next one comes, which costs more than it gains (docs/bench.md).
 */
const bun_settings = { BUN_JSC_useFTLJIT: "0" }

/** Whoever has set them otherwise has their reasons. */
export const withBunSettings = <Environment extends object>(environment: Environment) => ({
  ...bun_settings,
  ...environment,
})
