import { expect, test } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { killedPlatform } from "./killed-platform.ts"
import { bringWhileKilled, filesOf, runForFiles } from "./uploads.ts"

const platform = killedPlatform()

const kills = 4

test("after kill -9 amid uploads what was acked is there whole, what was not isn't, and nothing is counted for it", async () => {
  const { it, client } = platform()
  const run_id = await runForFiles(client)
  const { restart } = it.part
  const kill = () => it.part.kill("SIGKILL")
  const acked = await bringWhileKilled({ client, run_id, kills, kill, restart })
  const { files, damaged } = await filesOf(client, run_id)
  const names = files.map(({ name }) => name)
  // The answer to the last one before a kill may be lost: then it is there, unasked.
  expect(names).toEqual(expect.arrayContaining([...acked.keys()]))
  expect(damaged).toEqual([])
  expect(names.filter((name) => name.startsWith("lost"))).toEqual([])
  const bytes = files.reduce((sum, file) => sum + file.size_bytes, 0)
  await until(
    "what the dead were bringing is swept",
    async () => (await client.artifacts.usage()).bytes === bytes,
    150_000,
  )
  expect((await client.artifacts.usage()).files).toBe(files.length)
  await until(
    "no bytes are nobody's",
    () => ["staging", "drafts", "objects"].flatMap(inFolder).length === files.length,
    150_000,
  )
}, 240_000)

const inFolder = (name: string): readonly string[] => {
  const folder = join(platform().home, "data/artifacts", name)
  return existsSync(folder) ? readdirSync(folder) : []
}
