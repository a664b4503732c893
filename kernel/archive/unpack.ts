import type { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGunzip } from "node:zlib"
import { unpackTar } from "modern-tar/fs"
import { modeOf } from "./pack.ts"

export type UnpackLimits = { readonly max_files: number; readonly max_bytes: number }

/** Why an archive can't be unpacked, which another try would not change. */
export class BadArchive extends Error {}

/** A tar.gz into a folder: its files and folders, no links, nothing beside the folder, and no more than may be. */
export const unpackArchive = async (
  archive: Readable,
  folder: string,
  { max_files, max_bytes }: UnpackLimits,
): Promise<void> => {
  let files = 0
  let bytes = 0
  let reason: string | undefined
  const isTaken = ({ type, size }: { type?: string; size?: number }): boolean => {
    files += 1
    bytes += size ?? 0
    if (files > max_files) reason = `it has more than ${max_files} files and folders`
    if (bytes > max_bytes) reason = `its files have more than ${max_bytes} bytes together`
    if (reason !== undefined) throw new BadArchive(reason)
    return type === "file" || type === "directory"
  }
  const into = unpackTar(folder, {
    strict: true,
    filter: isTaken,
    map: (header) => ({ ...header, mode: modeOf(header) }),
  })
  try {
    await pipeline(archive, createGunzip(), into)
  } catch (error) {
    throw isSystem(error) ? error : new BadArchive(reason ?? (error as Error).message, { cause: error })
  }
}

/** A full disk is no fault of the archive. */
const isSystem = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException).code ?? ""
  return /^E[A-Z]+$/.test(code) && code !== "EISDIR" && code !== "EEXIST" && code !== "ENOTDIR"
}
