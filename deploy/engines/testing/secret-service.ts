import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import {
  installSecretService,
  type SecretService,
  secretServiceObstacle,
  startSecretService,
} from "../secret-service.ts"
import { skipping } from "./skipped.ts"
import { testCache } from "./usable.ts"

const skipped = skipping("a keyring")

/** A keyring of the tests' own. Says so loudly where there can't be one; in CI that is a failure. */
export const secretServiceForTests = async (): Promise<SecretService | undefined> => {
  if (process.env.WF_TEST_ENGINES === "none") return skipped("the quick tests leave them out")
  const obstacle = secretServiceObstacle()
  if (obstacle !== undefined) return skipped(obstacle)
  // A socket is in it, whose path has to be short.
  const folder = await mkdtemp(join(tmpdir(), "wf-keys-"))
  try {
    await installSecretService(testCache)
    const { environment, stop } = await startSecretService(folder, {
      cache: testCache,
      programs_path: process.env.PATH ?? "/usr/bin:/bin",
    })
    return {
      environment,
      async stop() {
        await stop()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    return skipped(error instanceof Error ? error.message : String(error))
  }
}
