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
