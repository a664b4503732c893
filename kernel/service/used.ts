import { readFileSync } from "node:fs"
import { cpus } from "node:os"

/** What the process has used of its processors so far. */
export const usedMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

const accounts = "/proc/stat"
/** The kernel counts in hundredths of a second. */
const tick_ms = 10

/**
 * What all processes of this machine have used of each of its processors so far: as much as time passes where nothing is
 * left. Where the machine doesn't tell, only what this process has used.
 */
export const machineUsedMs = (): number => {
  const idle_ms = idleMs()
  return idle_ms === undefined ? usedMs() : performance.now() - idle_ms
}

let processors: number | undefined

const idleMs = (): number | undefined => {
  if (process.platform !== "linux") return undefined
  processors ??= cpus().length
  const [, , , , idle, waiting] = readFileSync(accounts, "latin1").slice(0, 200).split(/\s+/)
  return ((Number(idle) + Number(waiting)) * tick_ms) / processors
}
