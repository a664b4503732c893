import { existsSync, readdirSync, readFileSync } from "node:fs"
import type { Cpu } from "./measurement.ts"

type Stat = { readonly pid: number; readonly parent: number; readonly name: string; readonly ticks: number }

/** What Linux counts processor time in, on every machine there is. */
const tick_us = 10_000
const page_bytes = 4_096

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return undefined
  }
}

/** `pid (name) state ppid …`; a server counts the time of its children that have ended as its own. */
const statOf = (pid: number): Stat | undefined => {
  const text = read(`/proc/${pid}/stat`)
  if (text === undefined) return undefined
  const name = text.slice(text.indexOf("(") + 1, text.lastIndexOf(")"))
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ")
  const ticks = [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0)
  return { pid, parent: Number(fields[1]), name, ticks }
}

const family = (root: number): readonly Stat[] => {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)) ?? [])
  const found = all.filter(({ pid }) => pid === root)
  for (const one of found) found.push(...all.filter(({ parent }) => parent === one.pid))
  return found
}

/** Processor time that a process and all below it have used; undefined where there is no /proc. */
const cpuOf = (root: number): Cpu | undefined => {
  if (!existsSync("/proc/self/stat")) return undefined
  const cpu = { app_us: 0, postgres_us: 0, other_us: 0 }
  for (const { name, ticks } of family(root)) {
    if (name === "postgres") cpu.postgres_us += ticks * tick_us
    else if (name.startsWith("bun")) cpu.app_us += ticks * tick_us
    else cpu.other_us += ticks * tick_us
  }
  return cpu
}

export type Metered<Answer> = { readonly answer: Answer; readonly cpu: Cpu | undefined }

/** What the platform's processes spend while something is done. */
export const metered = async <Answer>(
  root: number,
  work: () => Promise<Answer>,
): Promise<Metered<Answer>> => {
  const before = cpuOf(root)
  const answer = await work()
  const after = cpuOf(root)
  if (before === undefined || after === undefined) return { answer, cpu: undefined }
  const cpu = {
    app_us: after.app_us - before.app_us,
    postgres_us: after.postgres_us - before.postgres_us,
    other_us: after.other_us - before.other_us,
  }
  return { answer, cpu }
}

/** Of the platform's own process alone. */
export const residentBytes = (pid: number): number | undefined => {
  const pages = read(`/proc/${pid}/statm`)?.split(" ")[1]
  return pages === undefined ? undefined : Number(pages) * page_bytes
}
