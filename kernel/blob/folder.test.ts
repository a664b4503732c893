import { expect, test } from "bun:test"
import { randomBytes } from "node:crypto"
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { key_bytes, platformKey } from "#kernel/auth/platform-key.ts"
import { serveHttp } from "#kernel/http/serve.ts"
import { blobSuite } from "./blob.suite.ts"
import type { Blob } from "./blob.ts"
import { folderBlob } from "./folder.ts"
import { signedBlobs } from "./http.ts"

const open = async () => {
  const folder = await mkdtemp(join(tmpdir(), "wf-blob-"))
  const key = platformKey(randomBytes(key_bytes).toString("base64"))
  let served: ReturnType<typeof signedBlobs> | undefined
  const server = serveHttp((request) => served?.fetch(request) ?? new Response(null, { status: 503 }), {
    host: "127.0.0.1",
    port: 0,
  })
  const blob: Blob = folderBlob({
    folder,
    key,
    url: `http://127.0.0.1:${server.port}`,
    now: () => new Date(),
  })
  served = signedBlobs({ blob, key, now: () => new Date(), max_bytes: 1_000 })
  return {
    blob,
    async kept() {
      const entries = await readdir(folder, { recursive: true, withFileTypes: true })
      return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort()
    },
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

blobSuite("blobs in a folder", open)

test("a folder that takes no files is a refusal that says why, not a bug, and nothing else is harmed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wf-blob-"))
  await writeFile(join(folder, "blocked"), "")
  const key = platformKey(randomBytes(key_bytes).toString("base64"))
  const blob = folderBlob({ folder, key, url: "http://127.0.0.1:1", now: () => new Date() })
  const put = (name: string) =>
    blob.put(name, new Blob(["text"]).stream(), { content_type: "text/plain", max_bytes: 10 })
  for (const name of ["blocked/one", "blocked/deep/two"])
    await expect(put(name)).rejects.toMatchObject({
      code: "artifact.not_kept",
      message: expect.stringContaining("file in the way"),
    })
  expect(await put("open/one")).toMatchObject({ size_bytes: 4 })
  await rm(folder, { recursive: true, force: true })
})

/** Ways to a disk of 8 MiB, or to something like it where nobody may mount one. */
const waysTo = (folder: string): readonly (readonly string[])[] => {
  const mounted = `mount -t tmpfs -o size=8m tmpfs ${folder} && exec "$@"`
  const ways = [
    ["unshare", "-rm", "sh", "-c", mounted, "sh"],
    ["sh", "-c", 'ulimit -f 16384 && exec "$@"', "sh"],
  ]
  return ways.filter((words) => Bun.which(words[0] ?? "") && Bun.spawnSync([...words, "true"]).exitCode === 0)
}

test("a disk that is full is told, leaves nothing half, and takes what fits again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "wf-small-"))
  const program = join(import.meta.dir, "../testing/fill-disk.ts")
  for (const way of waysTo(folder)) {
    const { stdout } = Bun.spawnSync([...way, process.execPath, program, folder, "2", "20", "3"])
    const [first, full, again] = stdout.toString().trim().split("\n")
    expect([first, again]).toEqual(["2", "3"])
    expect(full).toMatch(
      /^The file can't be kept: (there is no space left|files may not be so large there)\.$/,
    )
  }
  expect(waysTo(folder).length).toBeGreaterThan(0)
  await rm(folder, { recursive: true, force: true })
})
