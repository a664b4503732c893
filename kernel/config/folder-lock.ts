import { Database, SQLiteError } from "bun:sqlite"
import { existsSync } from "node:fs"
import { join } from "node:path"

/** SQLite's exclusive lock is the one portable way from Bun to a lock of the operating system. */
export const openLock = (folder: string): Database => new Database(join(folder, "lock"))

export const isBusy = (error: unknown): boolean =>
  error instanceof SQLiteError && error.code === "SQLITE_BUSY"

/** Whether a process holds the folder now. A pid that it left in a file may be another process's by now. */
export const isFolderHeld = (folder: string): boolean => {
  if (!existsSync(join(folder, "lock"))) return false
  let file: Database | undefined
  try {
    file = openLock(folder)
    file.run("begin exclusive")
    return false
  } catch (error) {
    return isBusy(error)
  } finally {
    file?.close()
  }
}
