import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs"
import { platform } from "node:os"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Log } from "#kernel/telemetry/log.ts"
import { EmbeddedRefusal } from "./refusal.ts"

type Postmaster = { readonly pid: number; readonly ready: boolean }

/** What a postmaster says of itself; its eighth line tells when it takes connections. */
export const readPostmaster = (cluster: string): Postmaster | undefined => {
  try {
    const lines = readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")
    return { pid: Number(lines[0]), ready: lines[7]?.trim() === "ready" }
  } catch {
    return undefined
  }
}

const worksIn = (pid: string, cluster: string): boolean => {
  try {
    return (
      readlinkSync(`/proc/${pid}/cwd`) === cluster &&
      readFileSync(`/proc/${pid}/comm`, "utf8") === "postgres\n"
    )
  } catch {
    return false
  }
}

const listedByPs = (cluster: string): readonly number[] => {
  const listed = Bun.spawnSync(["/bin/ps", "-axo", "pid=,command="], { env: {} }).stdout.toString()
  const lines = listed
    .split("\n")
    .filter((line) => line.includes(`-D ${cluster} `) && line.includes("postgres"))
  return lines.map((line) => Number.parseInt(line, 10))
}

/**
 * PostgreSQL's processes on this cluster. Each works in the cluster's folder, which proves more than
 * a pid and a start time: a pid read from a file may be another process's by now.
 */
const processesOn = (cluster: string): readonly number[] => {
  const real = realpathSync(cluster)
  if (platform() !== "linux") return listedByPs(real)
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => worksIn(pid, real)).map(Number)
}

const send = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

const gone = async (cluster: string, limit_ms: number): Promise<boolean> => {
  const until = performance.now() + limit_ms
  while (processesOn(cluster).length > 0) {
    if (performance.now() > until) return false
    await wait(20)
  }
  return true
}

const removeTraces = (cluster: string, sockets: string): void => {
  rmSync(join(cluster, "postmaster.pid"), { force: true })
  for (const name of readdirSync(sockets)) {
    if (name.startsWith(".s.PGSQL.")) rmSync(join(sockets, name), { force: true })
  }
}

/** Ends what an earlier process left running on the cluster, gently first. The folder's lock must be held. */
export const endOldPostmaster = async (cluster: string, sockets: string, log: Log): Promise<void> => {
  const left = processesOn(cluster)
  if (left.length > 0) log.warn({ event: "postgres.old_postmaster_found", pids: left })
  const postmaster = readPostmaster(cluster)?.pid
  // Fast shutdown; without their postmaster the others end by themselves.
  send(
    left.filter((pid) => pid === postmaster),
    "SIGINT",
  )
  let ended = await gone(cluster, 10_000)
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    if (ended) break
    send(processesOn(cluster), signal)
    ended = await gone(cluster, 5_000)
  }
  if (!ended) {
    const pids = processesOn(cluster).join(", ")
    throw new EmbeddedRefusal(
      "folder_in_use",
      `PostgreSQL still runs on ${cluster} (pid ${pids}). End it first.`,
    )
  }
  // Their pids may be somebody else's by the next start, which PostgreSQL would take for itself.
  removeTraces(cluster, sockets)
}
