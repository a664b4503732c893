import { readFileSync } from "node:fs"

const kib = 1024

/** How much memory a process has; 0 when it is gone, or nobody can tell. */
export const memoryOf = (pid: number): number => {
  if (process.platform !== "linux") {
    const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)])
    return Number(stdout.toString().trim()) * kib
  }
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * kib
  } catch {
    return 0
  }
}
