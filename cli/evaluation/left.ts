import { readdirSync, readFileSync } from "node:fs"
import { setTimeout as wait } from "node:timers/promises"

/** Each round finds what those of the round before have started in their last moment. */
const max_rounds = 50
const round_ms = 10

/** Processes that were begun with this folder in their environment, also in a group or session of their own. */
const begunWith = (folder: string): readonly number[] => {
  if (process.platform !== "linux") return []
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((name) => environmentOf(name).includes(folder))
    .map(Number)
}

/** Empty for one that has ended, and for somebody else's. */
const environmentOf = (process_id: string): string => {
  try {
    return readFileSync(`/proc/${process_id}/environ`, "utf8")
  } catch {
    return ""
  }
}

/** Ends what has left the group of an evaluation. On macOS nobody tells who that is. */
export const endLeft = async (folder: string): Promise<void> => {
  for (let round = 0; round < max_rounds; round += 1) {
    const left = begunWith(folder)
    if (left.length === 0) return
    left.forEach(endProcess)
    await wait(round_ms)
  }
}

/** A process, or of a negative number the group that it leads. */
export const endProcess = (process_id: number): void => {
  try {
    process.kill(process_id, "SIGKILL")
  } catch (error) {
    // It has ended by itself, or became somebody else; of a group that has ended some systems say it the second way.
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error
  }
}
