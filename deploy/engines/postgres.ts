import { chownSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { type Account, accountFor } from "#kernel/database/embedded/account.ts"
import { postgres_major, prepareBinaries } from "#kernel/database/embedded/binaries.ts"
import { prepareCluster, superuser } from "#kernel/database/embedded/cluster.ts"
import { choosePlace, socketFolder } from "#kernel/database/embedded/place.ts"
import { endOldPostmaster } from "#kernel/database/embedded/postmaster.ts"
import { openDatabase } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import type { Engine } from "./engine.ts"
import { startGuarded } from "./guarded.ts"
import { takePorts } from "./ports.ts"

type PostgresAddress = { readonly url: string }

const name = "postgres"

const answers = async (url: string): Promise<boolean> => {
  const options = { url, schema: "public", application_name: "ready", log: silentLog, max_sessions: 1 }
  const database = openDatabase({ ...options, connect_ms: 1_000, wait_ms: 1_000 })
  try {
    await database.run((sql) => sql`select 1`)
    return true
  } finally {
    await database.close()
  }
}

/** Where a copy of the binaries goes if those of the package are out of reach, as below root's home. */
const shelf = (cache: string, account: Account): string => {
  const folder = join(cache, name)
  mkdirSync(folder, { recursive: true, mode: 0o711 })
  return choosePlace(folder, account)
}

/** The embedded PostgreSQL, by itself and over TCP. It never comes back on its own. */
export const postgres: Engine<PostgresAddress> = {
  name,
  version: postgres_major,
  needs: [],
  size: "60 MB, which `bun install` has brought already",
  async install(cache) {
    const account = accountFor(cache)
    prepareBinaries(account, shelf(cache, account))
  },
  async start({ cache, folder: asked, ports: wanted }) {
    mkdirSync(asked, { recursive: true, mode: 0o711 })
    const account = accountFor(join(asked, "cluster"))
    const folder = choosePlace(asked, account)
    if (account) chownSync(folder, account.uid, account.gid)
    const native = prepareBinaries(account, shelf(cache, account))
    const { cluster, password } = await prepareCluster({ place: folder, native, account, fsync: true })
    const sockets = socketFolder(folder, account)
    await endOldPostmaster(cluster, sockets, silentLog)
    const { port } = await takePorts(["port"], wanted)
    const url = `postgres://${superuser}:${password}@127.0.0.1:${port}/postgres`
    const listening = ["-h", "127.0.0.1", "-p", String(port), "-k", sockets]
    return startGuarded({
      name,
      words: [join(native, "bin", "postgres"), "-D", cluster, ...listening, "-c", "max_connections=300"],
      folder,
      address: { url },
      ports: [port],
      ready: () => answers(url),
      ready_ms: 60_000,
      signal: "INT",
      user: account,
    })
  },
}
