import { readdirSync, readFileSync, readlinkSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"
import type { Families, Family } from "./family.ts"
import { signalGroup, signalProcess } from "./group.ts"

const look_ms = 200
const end_look_ms = 10

/** All attempts share one look at the machine that is not older; who is to be ended is looked for anew. */
const max_age_ms = 150

const max_rounds = 100

type Seen = { readonly parent: number; readonly group: number; readonly started: number }

/** Where `/proc/PID/stat` has the time of the start, counted from the state. */
const started_at = 19

/** Undefined for one that has ended, and for a zombie. */
const seen = (process_id: number): Seen | undefined => {
  try {
    const text = readFileSync(`/proc/${process_id}/stat`, "utf8")
    const fields = text.slice(text.lastIndexOf(") ") + 2).split(" ")
    const [state, parent, group] = fields
    if (state === "Z") return undefined
    return { parent: Number(parent), group: Number(group), started: Number(fields[started_at]) }
  } catch {
    return undefined
  }
}

const numbersIn = (folder: string): readonly number[] => {
  try {
    return readdirSync(folder)
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
  } catch {
    return []
  }
}

/** It was begun with the attempt's folder in its environment, or stands in that folder. */
const isMarked = (process_id: number, folder: string): boolean => {
  try {
    if (readFileSync(`/proc/${process_id}/environ`, "utf8").includes(`${folder}/`)) return true
    return `${readlinkSync(`/proc/${process_id}/cwd`)}/`.startsWith(`${folder}/`)
  } catch {
    return false
  }
}

/**
 * Without control groups a family is who descends from its first process, is in its group, or carries its mark. One that
 * was orphaned and left the group, the folder and the environment all at once is not found.
 */
export const markedFamilies: Families = {
  open: (folder) => openMarked(folder),
  cgroup: undefined,
  close: () => undefined,
}

type Table = ReadonlyMap<number, Seen>

let shared: { readonly table: Table; readonly at_ms: number } | undefined

const tableOf = (age_ms: number): Table => {
  if (shared && performance.now() - shared.at_ms < age_ms) return shared.table
  const table = new Map<number, Seen>()
  for (const process_id of numbersIn("/proc")) {
    const one = seen(process_id)
    if (one) table.set(process_id, one)
  }
  shared = { table, at_ms: performance.now() }
  return table
}

const openMarked = (folder: string): Family => {
  const known = new Set<number>()
  let first = 0
  let first_started = 0
  const find = (age_ms: number): readonly number[] => {
    const all = tableOf(age_ms)
    for (const process_id of known) if (!all.has(process_id)) known.delete(process_id)
    for (const [process_id, { group, started }] of all) {
      // Who was there before can't belong: most are passed over by this.
      if (started < first_started) continue
      const belongs = process_id === first || group === first || isMarked(process_id, folder)
      if (belongs && process_id !== process.pid) known.add(process_id)
    }
    addDescendants(known, all)
    return [...known]
  }
  return {
    entry: undefined,
    adopt(process_id) {
      first = process_id
      first_started = seen(process_id)?.started ?? 0
    },
    processes: () => find(max_age_ms),
    look_ms,
    async end() {
      for (let round = 0; round < max_rounds; round += 1) {
        // All at once, so that no fork escapes it: who forks faster than we look is nearly always in the group.
        if (first > 0) signalGroup(first, "SIGKILL")
        const left = find(0)
        if (left.length === 0) return
        // Stopped first, so that none of the others can start another one while they are ended.
        for (const process_id of left) signalProcess(process_id, "SIGSTOP")
        for (const process_id of find(0)) signalProcess(process_id, "SIGKILL")
        await wait(end_look_ms)
      }
    },
    counted: () => ({}),
    close: () => Promise.resolve(),
  }
}

const addDescendants = (known: Set<number>, all: Table): void => {
  let grown = known.size > 0
  while (grown) {
    grown = false
    for (const [process_id, { parent }] of all) {
      if (!known.has(parent) || known.has(process_id)) continue
      known.add(process_id)
      grown = true
    }
  }
}
