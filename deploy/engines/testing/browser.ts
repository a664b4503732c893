import { type Browser, chromium } from "playwright-core"
import { chromiumIn, chromiumObstacle, installChromium } from "../chromium.ts"
import { skipping } from "./skipped.ts"
import { testCache } from "./usable.ts"

const skipped = skipping("chromium")

/** It asks nobody for anything by itself. */
const quiet = [
  ...["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
]

/** The browser that people have, without a window. Says so loudly where it can't be had; in CI that is a failure. */
export const browserForTests = async (): Promise<Browser | undefined> => {
  if (process.env.WF_TEST_ENGINES === "none") return skipped("the quick tests leave them out")
  const obstacle = chromiumObstacle()
  if (obstacle !== undefined) return skipped(obstacle)
  try {
    await installChromium(testCache)
  } catch (error) {
    return skipped(error instanceof Error ? error.message : String(error))
  }
  // Its sandbox can't be had by root.
  const args = process.getuid?.() === 0 ? [...quiet, "--no-sandbox"] : quiet
  return chromium.launch({ executablePath: chromiumIn(testCache), args })
}
