import type { Database } from "bun:sqlite"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isBusy, openLock } from "#kernel/config/folder-lock.ts"
import { EmbeddedRefusal } from "./refusal.ts"

type FolderLock = { release(): void }

const holderOf = (folder: string): string => {
  try {
    return `process ${readFileSync(join(folder, "holder"), "utf8").trim()}`
  } catch {
    return "another process"
  }
}

const refusal = (folder: string, error: unknown): EmbeddedRefusal =>
  isBusy(error)
    ? new EmbeddedRefusal(
        "folder_in_use",
        `${folder} is in use by ${holderOf(folder)}. Stop that one, or choose another data folder.`,
      )
    : new EmbeddedRefusal(
        "folder_not_ours",
        `${folder} can't be locked (${String(error)}). Start as the user it belongs to, or choose another data folder.`,
      )

/** Held by the operating system for this process, so that it ends with it, however it ends. */
export const lockFolder = (folder: string): FolderLock => {
  let file: Database | undefined
  try {
    file = openLock(folder)
    file.run("begin exclusive")
    writeFileSync(join(folder, "holder"), `${process.pid}\n`)
  } catch (error) {
    file?.close()
    throw refusal(folder, error)
  }
  const held = file
  return { release: () => held.close() }
}
