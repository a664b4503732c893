import { chownSync, existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Log } from "#kernel/telemetry/log.ts"
import { type Account, accountFor } from "./account.ts"
import { prepareBinaries } from "./binaries.ts"
import { prepareCluster, superuser } from "./cluster.ts"
import { lockFolder } from "./lock.ts"
import { choosePlace, socketFolder } from "./place.ts"
import { endOldPostmaster, readPostmaster } from "./postmaster.ts"
import { EmbeddedRefusal } from "./refusal.ts"
import { type Supervised, supervise } from "./supervised.ts"

export type EmbeddedOptions = {
  /** The folder asked for; see `place` for where the data really is. */
  readonly data: string
  readonly log: Log
  /** Also listens on 127.0.0.1 when given. */
  readonly port?: number
  readonly max_connections?: number
  readonly settings?: Readonly<Record<string, string>>
  /** For tests: no fsync, and the folder is removed when the process ends. */
  readonly scrap?: boolean
}

export type Embedded = {
  /** Over the unix socket; `tcp_url` when a port was asked for. */
  readonly url: string
  readonly tcp_url: string | undefined
  /** Where the data really is. */
  readonly place: string
  readonly cluster: string
  /** Resolves when PostgreSQL ended and could not be brought back. */
  readonly gone: Promise<Error>
  stop(): Promise<void>
}

const start_ms = 120_000
const stop_ms = 8_000
const max_restarts = 5
const restarts_within_ms = 60_000

/** As measured: full WAL segments and zero-filling made the slowest requests. */
const measured = {
  shared_buffers: "256MB",
  wal_buffers: "64MB",
  min_wal_size: "1GB",
  max_wal_size: "4GB",
  wal_init_zero: "off",
  log_min_messages: "log",
  log_checkpoints: "off",
  log_autovacuum_min_duration: "-1",
}

const careless = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }

type Ground = {
  readonly options: EmbeddedOptions
  readonly account: Account
  readonly native: string
  readonly place: string
  readonly cluster: string
  readonly sockets: string
}

const commandOf = ({ options, native, cluster, sockets }: Ground): readonly string[] => {
  const { port, max_connections = 100, scrap, settings } = options
  const all = {
    ...measured,
    ...(scrap ? careless : {}),
    ...settings,
    max_connections: String(max_connections),
    listen_addresses: port === undefined ? "" : "127.0.0.1",
    port: String(port ?? 5_432),
    unix_socket_directories: sockets,
    unix_socket_permissions: "0700",
  }
  const pairs = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  return [join(native, "bin/postgres"), "-D", realpathSync(cluster), ...pairs]
}

const lastWords = (log_file: string): string =>
  readFileSync(log_file, "utf8").trim().split("\n").slice(-5).join("\n")

const readiness = async (running: Supervised, cluster: string): Promise<"ready" | "ended" | "late"> => {
  const until = performance.now() + start_ms
  const pid = await running.pid
  let ended = false
  running.exited.then(() => {
    ended = true
  })
  while (performance.now() < until) {
    const postmaster = readPostmaster(cluster)
    if (postmaster?.pid === pid && postmaster.ready) return "ready"
    if (ended) return "ended"
    await wait(5)
  }
  return "late"
}

/** Starts PostgreSQL on prepared ground and waits until it takes connections. */
const launch = async (ground: Ground): Promise<Supervised> => {
  const { options, account, place, cluster, sockets } = ground
  const log_file = join(place, "log")
  await endOldPostmaster(cluster, sockets, options.log)
  const running = supervise({
    command: commandOf(ground),
    account,
    log_file,
    scrap: options.scrap ? place : undefined,
  })
  const outcome = await readiness(running, cluster)
  if (outcome === "ready") return running
  const words = existsSync(log_file) ? lastWords(log_file) : ""
  running.letGo()
  throw new EmbeddedRefusal("not_starting", `PostgreSQL did not start (${outcome}):\n${words}`)
}

const ended = async (running: Supervised): Promise<void> => {
  running.letGo()
  const timer = new AbortController()
  await Promise.race([running.exited, wait(stop_ms, undefined, { signal: timer.signal })])
  timer.abort()
}

/** Brings PostgreSQL back when it alone ends, unless it keeps ending. */
const keepRunning = (ground: Ground, first: Supervised) => {
  const { log } = ground.options
  const gone = Promise.withResolvers<Error>()
  const restarts: number[] = []
  let running = first
  let stopping = false

  const restart = async (status: number): Promise<boolean> => {
    restarts.push(performance.now())
    const recent = restarts.filter((at) => at > performance.now() - restarts_within_ms)
    if (ground.options.scrap) throw new Error("PostgreSQL ended, and its data was scrap")
    if (recent.length > max_restarts) throw new Error(`PostgreSQL ended ${recent.length} times in a minute`)
    log.warn({ event: "postgres.ended_unexpectedly", status, restarts: restarts.length })
    running = await launch(ground)
    return !stopping
  }

  const watch = async () => {
    for (;;) {
      const status = await running.exited
      if (stopping || !(await restart(status))) return
      log.info({ event: "postgres.restarted" })
    }
  }

  const watching = watch().catch((error: Error) => {
    log.error({ event: "postgres.gone", error })
    gone.resolve(error)
  })
  return {
    gone: gone.promise,
    async stop() {
      stopping = true
      await ended(running)
      await watching
      await ended(running)
    },
  }
}

const prepare = async (options: EmbeddedOptions): Promise<Ground & { readonly password: string }> => {
  const { data, scrap = false } = options
  const account = accountFor(join(data, "cluster"))
  const place = choosePlace(data, account)
  if (scrap && account) chownSync(place, account.uid, account.gid)
  const native = prepareBinaries(account, place)
  const { cluster, password } = await prepareCluster({ place, native, account, fsync: !scrap })
  return { options, account, native, place, cluster, password, sockets: socketFolder(place, account) }
}

/** Starts the embedded PostgreSQL on a folder that no other process uses. */
export const startEmbedded = async (options: EmbeddedOptions): Promise<Embedded> => {
  mkdirSync(options.data, { recursive: true, mode: 0o711 })
  const lock = lockFolder(options.data)
  try {
    const { password, ...ground } = await prepare(options)
    const kept = keepRunning(ground, await launch(ground))
    const login = `postgres://${superuser}:${password}@127.0.0.1:${options.port ?? 5_432}/postgres`
    let stopped: Promise<void> | undefined
    return {
      url: `${login}?host=${encodeURIComponent(ground.sockets)}`,
      tcp_url: options.port === undefined ? undefined : login,
      place: ground.place,
      cluster: ground.cluster,
      gone: kept.gone,
      stop() {
        stopped ??= kept.stop().finally(() => lock.release())
        return stopped
      },
    }
  } catch (error) {
    lock.release()
    throw error
  }
}
