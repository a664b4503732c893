/** Says loudly that something can't be had, and so what isn't tested; in CI that is a failure. */
export const skipping =
  (what: string) =>
  (reason: string): undefined => {
    if (process.env.CI === "true" && process.env.WF_TEST_ENGINES !== "none") throw new Error(reason)
    process.stderr.write(`SKIPPED: tests with ${what}: ${reason}\n`)
    return undefined
  }
