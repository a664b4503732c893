import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"

const kib = 1024

/** How much memory a process has; 0 when it is gone, or nobody can tell. */
export const memoryOf = (pid: number): number => {
  if (process.platform !== "linux") {
    const { stdout } = spawnSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })
    return Number(stdout?.trim() ?? 0) * kib
  }
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * kib
  } catch {
    return 0
  }
}
