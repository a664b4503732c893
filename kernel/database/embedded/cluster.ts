import { randomBytes } from "node:crypto"
import { chownSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Account } from "./account.ts"
import { postgres_major } from "./binaries.ts"
import { privateFolder } from "./place.ts"
import { EmbeddedRefusal } from "./refusal.ts"

export const superuser = "wf"

type ClusterOptions = {
  readonly place: string
  readonly native: string
  readonly account: Account
  /** Off only where the data may be lost. */
  readonly fsync: boolean
}

const checkVersion = (cluster: string): void => {
  const found = readFileSync(join(cluster, "PG_VERSION"), "utf8").trim()
  if (found === postgres_major) return
  throw new EmbeddedRefusal(
    "other_version",
    `${cluster} holds the data of PostgreSQL ${found}; this release runs ${postgres_major}. ` +
      "Use the release that made it, or dump the data with that one and load it here.",
  )
}

const initialise = async (options: ClusterOptions, draft: string, secret: string): Promise<void> => {
  const { native, account, fsync } = options
  const locale = ["-E", "UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
  const access = ["-U", superuser, "--pwfile", secret, "-A", "scram-sha-256"]
  const sync = fsync ? [] : ["--no-sync"]
  const initdb = Bun.spawn([join(native, "bin/initdb"), "-D", draft, ...access, ...locale, ...sync], {
    ...account,
    cwd: "/",
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" },
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  })
  const said = await new Response(initdb.stderr).text()
  if ((await initdb.exited) !== 0) throw new EmbeddedRefusal("not_starting", `initdb failed: ${said.trim()}`)
}

const removeDrafts = (place: string): void => {
  for (const name of readdirSync(place)) {
    if (name.includes(".new.")) rmSync(join(place, name), { recursive: true, force: true })
  }
}

const create = async (options: ClusterOptions, cluster: string): Promise<void> => {
  const { place, account } = options
  removeDrafts(place)
  // The names are this process's own: one that was killed may have left an initdb that still writes.
  const draft = join(place, `cluster.new.${process.pid}`)
  const secret = join(place, `password.new.${process.pid}`)
  privateFolder(draft, account)
  writeFileSync(secret, randomBytes(24).toString("base64url"), { mode: 0o600 })
  if (account) chownSync(secret, account.uid, account.gid)
  await initialise(options, draft, secret)
  if (account) chownSync(secret, 0, 0)
  renameSync(secret, join(place, "password"))
  // Last, so that a start that was interrupted begins again.
  renameSync(draft, cluster)
}

/** Makes the cluster when there is none; answers its folder and the password of its superuser. */
export const prepareCluster = async (options: ClusterOptions) => {
  const cluster = join(options.place, "cluster")
  if (existsSync(cluster)) checkVersion(cluster)
  else await create(options, cluster)
  return { cluster, password: readFileSync(join(options.place, "password"), "utf8") }
}
