import { expect, test } from "bun:test"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import type { Artifact } from "#sdk/index.ts"
import { killedPlatform } from "./killed-platform.ts"

const platform = killedPlatform()

const mib = 1024 ** 2
const kills = 4
const kept_before_kill = 3

/** Ends when told, so that something is always on its way. */
const slow = () => {
  const end = Promise.withResolvers<void>()
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new Uint8Array(mib))
      await end.promise
      controller.close()
    },
  })
  return { body, end: end.resolve }
}

test("after kill -9 amid uploads what was acked is there whole, what was not isn't, and nothing is counted for it", async () => {
  const { it, client } = platform()
  const { workflow, version } = await client.workflows.pushDefinition({
    name: "holds",
    tasks: { wait: { uses: "signal", with: { name: "go" } } },
  })
  const { id: run_id } = await client.runs.start({ workflow, version })
  const acked = new Map<string, string>()
  for (let kill = 0; kill < kills; kill += 1) {
    const unfinished = slow()
    const lost = client.artifacts
      .upload(run_id, { name: `lost-${kill}`, body: unfinished.body })
      .catch((error: unknown) => String(error))
    const bringing = Promise.allSettled(
      Array.from({ length: 50 }, async (_, index) => {
        const body = crypto.getRandomValues(new Uint8Array(60_000))
        // Every name comes again after each kill: files are replaced, too.
        const kept = await client.artifacts.upload(run_id, { name: `n${index}`, body })
        acked.set(kept.name, kept.sha256)
      }),
    )
    const before = acked.size
    await until("some are kept", () => acked.size >= Math.max(before, kept_before_kill))
    await it.part.kill("SIGKILL")
    unfinished.end()
    await Promise.all([bringing, lost])
    await it.part.restart()
  }
  const files = await Array.fromAsync(client.artifacts.all(run_id))
  const there = new Map(files.map((file) => [file.name, file]))
  // The answer to the last one before a kill may be lost: then it is there, unasked.
  for (const name of acked.keys()) expect(there.has(name)).toBe(true)
  for (const file of files) expect(await sumOf(file)).toBe(file.sha256)
  expect([...there.keys()].filter((name) => name.startsWith("lost"))).toEqual([])
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

const sumOf = async ({ run_id, name }: Artifact): Promise<string> => {
  const answer = await platform().client.artifacts.download(run_id, name)
  return new Bun.CryptoHasher("sha256").update(await answer.bytes()).digest("hex")
}
