import { readFileSync } from "node:fs"

/** What this process, and so a tool that it starts, may raise a limit to. */
export type OwnLimits = { readonly max_processes: number; readonly max_open_files: number }

const textOf = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

const numberIn = (text: string, pattern: RegExp): number => {
  const found = Number(pattern.exec(text)?.[1])
  return Number.isNaN(found) ? Number.POSITIVE_INFINITY : found
}

/** The most that podman ever takes for itself. */
const max_of_podman = 1_048_576

/**
 * Podman sets limits of its containers with its own hands, and lowers its own number of processes to this at its start:
 * without the capability to raise them, it fails at the default that it then takes for a container.
 */
export const ownLimits = (read: (path: string) => string = textOf): OwnLimits => {
  const limits = read("/proc/self/limits")
  const processes = numberIn(limits, /^Max processes +\S+ +(\d+)/m)
  const numbers = numberIn(read("/proc/sys/kernel/pid_max"), /^(\d+)/)
  return {
    max_processes: Math.min(processes, numbers, max_of_podman),
    max_open_files: numberIn(limits, /^Max open files +\S+ +(\d+)/m),
  }
}
