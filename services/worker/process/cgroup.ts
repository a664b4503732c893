import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs"
import { basename, join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import type { Bounds, Counted, Families, Family } from "./family.ts"

const look_ms = 100
const end_look_ms = 5
/** Processes that hang in the kernel are not waited for any longer: they are ended as soon as it lets them go. */
const max_end_ms = 2_000

/** Where this process stands in the hierarchy of version 2; undefined where there is none. */
const ownCgroup = (): string | undefined => {
  const mount = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(textOf("/proc/self/mountinfo"))?.[1]
  const path = /^0::(.*)$/m.exec(textOf("/proc/self/cgroup"))?.[1]
  return mount === undefined || path === undefined ? undefined : join(mount, path)
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

/** Answers whether it was taken: files of controllers that are not there, or not ours, refuse. */
const write = (path: string, text: string): boolean => {
  try {
    writeFileSync(path, text)
    return true
  } catch {
    return false
  }
}

/** To take a process in, one has to own what both groups have above them. */
const isOurs = (base: string): boolean => {
  try {
    accessSync(join(base, "cgroup.procs"), constants.W_OK)
    return true
  } catch {
    return false
  }
}

const made = (folder: string): boolean => {
  try {
    mkdirSync(folder)
    return true
  } catch {
    return false
  }
}

const remove = (folder: string): void => {
  try {
    rmdirSync(folder)
  } catch {
    // Something in it still hangs in the kernel: the next start of a worker clears it away.
  }
}

const nameOf = (worker_id: string): string => `wf-${worker_id}`

/** Ends and removes what workers that are gone have left. */
export const clearCgroups = (worker_ids: readonly string[], base = ownCgroup()): void => {
  if (base === undefined) return
  for (const id of worker_ids) {
    const folder = join(base, nameOf(id))
    if (!existsSync(folder)) continue
    write(join(folder, "cgroup.kill"), "1")
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) remove(join(folder, entry.name))
    }
    remove(folder)
  }
}

/**
 * A control group for each attempt: what a process starts stays in it, whatever it does. The controllers of memory and
 * processes are used where they are delegated to this worker. Undefined where the worker may not make one.
 */
export const openCgroups = (worker_id: string, base = ownCgroup()): Families | undefined => {
  if (base === undefined || !isOurs(base)) return undefined
  const folder = join(base, nameOf(worker_id))
  if (!made(folder)) return undefined
  if (!existsSync(join(folder, "cgroup.kill"))) {
    remove(folder)
    return undefined
  }
  for (const controller of ["+memory", "+pids"]) {
    write(join(base, "cgroup.subtree_control"), controller)
    write(join(folder, "cgroup.subtree_control"), controller)
  }
  return {
    open: (attempt_folder, bounds) => openCgroup(join(folder, basename(attempt_folder)), bounds),
    cgroup: folder,
    close: () => remove(folder),
  }
}

const openCgroup = (folder: string, { max_memory_bytes, max_processes }: Bounds): Family => {
  mkdirSync(folder, { recursive: true })
  const file = (name: string) => join(folder, name)
  if (write(file("memory.max"), String(max_memory_bytes))) write(file("memory.oom.group"), "1")
  write(file("memory.swap.max"), "0")
  write(file("pids.max"), String(max_processes))
  const processes = () => textOf(file("cgroup.procs")).split("\n").filter(Boolean).map(Number)
  return {
    entry: file("cgroup.procs"),
    adopt: () => undefined,
    processes,
    look_ms,
    async end() {
      for (let left_ms = max_end_ms; processes().length > 0 && left_ms > 0; left_ms -= end_look_ms) {
        write(file("cgroup.kill"), "1")
        await wait(end_look_ms)
      }
    },
    counted: () => countedIn(file),
    async close() {
      remove(folder)
    },
  }
}

const countedIn = (file: (name: string) => string): Counted => {
  const used_us = /^usage_usec (\d+)$/m.exec(textOf(file("cpu.stat")))?.[1]
  const peak = Number(textOf(file("memory.peak")))
  const kills = Number(/^oom_kill (\d+)$/m.exec(textOf(file("memory.events")))?.[1] ?? 0)
  return {
    ...(used_us !== undefined && { cpu_ms: Math.round(Number(used_us) / 1_000) }),
    ...(peak > 0 && { max_memory_bytes: peak }),
    ...(kills > 0 && { out_of_memory: true }),
  }
}
