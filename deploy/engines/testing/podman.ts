import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { runCommand } from "../command.ts"
import { importImage, installPodman, podmanIn, podmanObstacle } from "../podman.ts"
import { testCache } from "./usable.ts"

export const test_image = "localhost/wf-test:1"

export type TestPodman = {
  readonly path: string
  /** Also removes every container and image that there is. */
  remove(): Promise<void>
}

const skipped = (reason: string): undefined => {
  process.stderr.write(`SKIPPED: tests with podman: ${reason}\n`)
  return undefined
}

const max_said_chars = 300

/** A podman of the tests' own with one image, which has run a container. Says so loudly where there can't be one. */
export const podmanForTests = async (): Promise<TestPodman | undefined> => {
  if (process.env.WF_TEST_ENGINES === "none") return skipped("the quick tests leave them out")
  const obstacle = podmanObstacle()
  if (obstacle !== undefined) return skipped(obstacle)
  // Sockets are in it, whose paths have to be short.
  const folder = await mkdtemp(join(tmpdir(), "wf-podman-"))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await installPodman(testCache)
    const path = await podmanIn(folder, testCache)
    await importImage(path, folder, test_image)
    const limits = ["--ulimit", "nproc=1000:1000", "--ulimit", "nofile=64:64"]
    const words = [path, "run", "--rm", "--network", "none", ...limits, test_image, "sh", "-c", "exit 0"]
    await runCommand({ words, max_ms: 60_000 })
    const removeAll = async () => {
      await runCommand({ words: [path, "rm", "--force", "--all"] })
      await remove()
    }
    return { path, remove: removeAll }
  } catch (error) {
    await remove()
    const said = error instanceof Error ? error.message : String(error)
    return skipped(`no container can be run here: ${said.slice(-max_said_chars)}`)
  }
}
