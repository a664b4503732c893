import { readFileSync, statSync } from "node:fs"
import type { TaskError } from "../executor/executor.ts"
import type { Family } from "./family.ts"
import type { ProcessLimits } from "./limits.ts"

const page_bytes = 4_096
const kib = 1_024

/** A file of outputs that is larger than all that can be kept many times over would only fill the disk. */
const max_output_file_bytes = 64 * 1024 * 1024

export type Watch = {
  /** What the task did that it may not, if anything. */
  breach(): TaskError | undefined
  /** The most memory that was seen at once. */
  maxMemoryBytes(): number
  stop(): void
}

export type Watched = {
  readonly family: Family
  readonly limits: ProcessLimits
  /** The file that $WF_OUTPUT names. */
  readonly output: string
}

/** Holds a task to its limits where the kernel doesn't: it looks every now and then, and ends what has gone too far. */
export const watch = ({ family, limits, output }: Watched): Watch => {
  let found: TaskError | undefined
  let max_memory_bytes = 0
  const look = () => {
    const processes = family.processes()
    found ??= tooMany(processes, limits)
    if (!found) {
      const memory_bytes = total(processes, residentBytes)
      max_memory_bytes = Math.max(max_memory_bytes, memory_bytes)
      found = breachOf({ processes, memory_bytes, output_bytes: sizeOf(output), limits })
    }
    if (found) void family.end()
  }
  const timer = setInterval(look, family.look_ms)
  return {
    breach: () => found,
    maxMemoryBytes: () => max_memory_bytes,
    stop: () => clearInterval(timer),
  }
}

type Look = {
  readonly processes: readonly number[]
  readonly memory_bytes: number
  readonly output_bytes: number
  readonly limits: ProcessLimits
}

/** Asked first and alone: the looks at each of them would cost the time in which a fork bomb doubles. */
const tooMany = (processes: readonly number[], { max_processes }: ProcessLimits): TaskError | undefined => {
  if (processes.length <= max_processes) return undefined
  const message = `The task had ${processes.length} processes at once; at most ${max_processes} are allowed.`
  return { code: "task.processes", message }
}

const breachOf = ({ processes, memory_bytes, output_bytes, limits }: Look): TaskError | undefined => {
  if (output_bytes > max_output_file_bytes) {
    const message = `The file $WF_OUTPUT had grown to ${output_bytes} bytes: write large data to a file and declare it under \`artifacts\`.`
    return { code: "outputs.too_large", message }
  }
  // Pages that several processes share are counted for each of them, so who is over is counted exactly.
  if (memory_bytes <= limits.max_memory_bytes) return undefined
  const exact_bytes = total(processes, ownBytes)
  return exact_bytes > limits.max_memory_bytes ? outOfMemory(limits) : undefined
}

export const outOfMemory = ({ max_memory_bytes }: ProcessLimits): TaskError => ({
  code: "task.memory",
  message: `The task used more than its ${Math.round(max_memory_bytes / kib / kib)} MiB of memory: raise \`limits.memory\`, up to what the worker allows.`,
})

const total = (processes: readonly number[], of: (process_id: number) => number): number => {
  let sum = 0
  for (const process_id of processes) sum += of(process_id)
  return sum
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const sizeOf = (path: string): number => {
  try {
    return statSync(path).size
  } catch {
    return 0
  }
}

const residentBytes = (process_id: number): number =>
  Number(textOf(`/proc/${process_id}/statm`).split(" ")[1] ?? 0) * page_bytes

const ownBytes = (process_id: number): number => {
  const own = /^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${process_id}/smaps_rollup`))?.[1]
  return own === undefined ? residentBytes(process_id) : Number(own) * kib
}
