import { createWriteStream, rmSync } from "node:fs"
import { mkdir, open as openFile, rename, rm, stat } from "node:fs/promises"
import { dirname, join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { type Blob, checkKey, type Opened, type Presign, type Presigned, type Range } from "./blob.ts"
import { counted } from "./counted.ts"
import { signedQuery } from "./signature.ts"

export type FolderOptions = {
  readonly folder: string
  readonly key: PlatformKey
  /** Where `signedBlobs` is served. */
  readonly url: string
  readonly now: () => Date
}

/** Objects as files. They appear under their key complete and synced, or not at all. The folder is this process's alone. */
export const folderBlob = ({ folder, ...links }: FolderOptions): Blob => {
  const drafts = join(folder, "drafts")
  // What a process was writing when it died.
  rmSync(drafts, { recursive: true, force: true })
  const pathOf = (name: string) => join(folder, checkKey(name))
  return {
    async put(name, body, limits) {
      const path = pathOf(name)
      const draft = join(drafts, crypto.randomUUID())
      const { bytes, stored } = counted(body, limits)
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 })
        await mkdir(drafts, { recursive: true, mode: 0o700 })
        await pipeline(
          Readable.from(bytes, { objectMode: false }),
          createWriteStream(draft, { mode: 0o600, flush: true }),
        )
        await rename(draft, path)
        await syncFolder(dirname(path))
        return stored()
      } catch (error) {
        await rm(draft, { force: true }).catch(() => undefined)
        throw refusalOf(error)
      }
    },
    open: (name, range) => openRange(pathOf(name), range),
    async move(from, to) {
      const target = pathOf(to)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await rename(pathOf(from), target).catch(async (error: unknown) => {
        // A second try finds the work done.
        if (!(await stat(target).catch(() => undefined))) throw error
      })
      await syncFolder(dirname(target))
    },
    async remove(names) {
      for (const name of names) await rm(pathOf(name), { force: true })
    },
    presign: (request) => Promise.resolve(presigned(request, links)),
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "there is no space left",
  EFBIG: "files may not be so large there",
  EDQUOT: "its quota is used up",
  EACCES: "the platform may not write there",
  EPERM: "the platform may not write there",
  EROFS: "it is read-only",
  ENOTDIR: "there is a file in the way",
  EEXIST: "there is a file in the way",
  EIO: "its disk fails",
}

/** A disk that is full is somebody's to mend, and no bug. */
const refusalOf = (error: unknown): unknown => {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ""]
  if (reason === undefined) return error
  return new Problem("artifact.not_kept", { detail: `The file can't be kept: ${reason}.`, cause: error })
}

/** The name itself must survive a power cut, not only the bytes. */
const syncFolder = async (folder: string): Promise<void> => {
  const handle = await openFile(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const openRange = async (path: string, range: Range | undefined): Promise<Opened | undefined> => {
  const file = Bun.file(path)
  const found = await stat(path).catch(() => undefined)
  if (!found?.isFile()) return undefined
  const end = range?.end === undefined ? found.size : range.end + 1
  const body = range === undefined ? file.stream() : file.slice(range.start, end).stream()
  return { size_bytes: found.size, body }
}

const presigned = (request: Presign, { key, url, now }: Omit<FolderOptions, "folder">): Presigned => {
  const expires_at = new Date(now().getTime() + request.expires_s * 1000)
  const { expected = {} } = request
  const expires_at_s = Math.floor(expires_at.getTime() / 1000)
  const query = signedQuery({ ...request, expected, expires_at_s }, key)
  return {
    url: `${url}/blobs/${checkKey(request.key)}?${query}`,
    method: request.method,
    headers: request.method === "PUT" ? { "content-type": request.content_type } : {},
    expires_at: expires_at.toISOString(),
  }
}
