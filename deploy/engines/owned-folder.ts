import { chmod, mkdir, mkdtemp, readdir, rm } from "node:fs/promises"
import { join } from "node:path"
import { isAlive } from "#kernel/config/alive.ts"

/** A new folder for this process's lifetime. Those of processes that died without removing theirs go first. */
export const createOwnedFolder = async (parent: string, name: string): Promise<string> => {
  await mkdir(parent, { recursive: true })
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${name}.`)) continue
    const pid = Number(entry.slice(name.length + 1).split(".")[0])
    if (isAlive(pid)) continue
    // In a shared temporary folder it may be somebody else's, who will remove it.
    await rm(join(parent, entry), { recursive: true, force: true }).catch(() => undefined)
  }
  const folder = await mkdtemp(join(parent, `${name}.${process.pid}.`))
  // PostgreSQL, which root runs as somebody else, has to get through to its own.
  await chmod(folder, 0o711)
  return folder
}
