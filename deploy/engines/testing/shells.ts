import { type Called, installShells, type Shell, shellIn, shellsObstacle } from "../shells.ts"
import { skipping } from "./skipped.ts"
import { testCache } from "./usable.ts"

const skipped = skipping("bash, zsh and fish")

/** The shells that people have, to complete in. Says so loudly where they can't be had; in CI that is a failure. */
export const shellsForTests = async (): Promise<Readonly<Record<Shell, Called>> | undefined> => {
  if (process.env.WF_TEST_ENGINES === "none") return skipped("the quick tests leave them out")
  const obstacle = shellsObstacle()
  if (obstacle !== undefined) return skipped(obstacle)
  try {
    await installShells(testCache)
    const [bash, zsh, fish] = await Promise.all(
      (["bash", "zsh", "fish"] as const).map((shell) => shellIn(shell, testCache)),
    )
    return bash && zsh && fish && { bash, zsh, fish }
  } catch (error) {
    return skipped(error instanceof Error ? error.message : String(error))
  }
}
