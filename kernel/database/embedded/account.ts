import { readFileSync, statSync } from "node:fs"
import { EmbeddedRefusal } from "./refusal.ts"

/** As whom PostgreSQL runs; undefined: as ourselves. */
export type Account = { readonly uid: number; readonly gid: number } | undefined

const preferred_uid = 65_534

const listed = () => {
  const accounts: { name: string; uid: number; gid: number }[] = []
  for (const line of readFileSync("/etc/passwd", "utf8").split("\n")) {
    const [name = "", , uid, gid] = line.split(":")
    if (Number(uid) > 0) accounts.push({ name, uid: Number(uid), gid: Number(gid) })
  }
  return accounts
}

const ownerOf = (path: string): Account => {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats && stats.uid !== 0 ? { uid: stats.uid, gid: stats.gid } : undefined
}

/** PostgreSQL refuses to run as root, so root hands it to the owner of its files, or to nobody. */
export const accountFor = (cluster: string): Account => {
  if (process.getuid?.() !== 0) return undefined
  const owner = ownerOf(cluster)
  if (owner) return owner
  const accounts = listed()
  const nobody =
    accounts.find(({ uid }) => uid === preferred_uid) ?? accounts.find(({ name }) => name === "nobody")
  if (nobody) return { uid: nobody.uid, gid: nobody.gid }
  throw new EmbeddedRefusal(
    "no_account",
    "PostgreSQL doesn't run as root and /etc/passwd has no `nobody`. Start it as an ordinary user.",
  )
}

/** Asks the operating system itself, which knows of every parent folder, mount and access list. */
export const mayDo = (account: Account, test: string, path: string): boolean => {
  const asked = Bun.spawnSync(["/bin/sh", "-c", test, "sh", path], {
    ...account,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    stdout: "ignore",
    stderr: "ignore",
  })
  return asked.exitCode === 0
}
