import { Database } from "bun:sqlite"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { EmbeddedRefusal } from "./refusal.ts"

export type FolderLock = { release(): void }

const holderOf = (folder: string): string => {
  try {
    return `process ${readFileSync(join(folder, "holder"), "utf8").trim()}`
  } catch {
    return "another process"
  }
}

/** Held by the operating system for this process, so that it ends with it, however it ends. */
export const lockFolder = (folder: string): FolderLock => {
  // SQLite's exclusive lock is the one portable way from Bun to a lock of the operating system.
  const file = new Database(join(folder, "lock"))
  try {
    file.run("begin exclusive")
  } catch {
    file.close()
    throw new EmbeddedRefusal(
      "folder_in_use",
      `${folder} is in use by ${holderOf(folder)}. Stop that one, or choose another data folder.`,
    )
  }
  writeFileSync(join(folder, "holder"), `${process.pid}\n`)
  return { release: () => file.close() }
}
