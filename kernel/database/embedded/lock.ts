import { Database, SQLiteError } from "bun:sqlite"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { EmbeddedRefusal } from "./refusal.ts"

type FolderLock = { release(): void }

const holderOf = (folder: string): string => {
  try {
    return `process ${readFileSync(join(folder, "holder"), "utf8").trim()}`
  } catch {
    return "another process"
  }
}

const isBusy = (error: unknown): boolean => error instanceof SQLiteError && error.code === "SQLITE_BUSY"

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
    // SQLite's exclusive lock is the one portable way from Bun to a lock of the operating system.
    file = new Database(join(folder, "lock"))
    file.run("begin exclusive")
    writeFileSync(join(folder, "holder"), `${process.pid}\n`)
  } catch (error) {
    file?.close()
    throw refusal(folder, error)
  }
  const held = file
  return { release: () => held.close() }
}

/** Whether a process holds the folder now. A pid that it left in a file may be another process's by now. */
export const isFolderHeld = (folder: string): boolean => {
  if (!existsSync(join(folder, "lock"))) return false
  let file: Database | undefined
  try {
    file = new Database(join(folder, "lock"))
    file.run("begin exclusive")
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    file?.close()
  }
}
