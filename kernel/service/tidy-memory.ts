const look_ms = 2_500
/** Of one processor: a process that uses less has nothing to do. */
const quiet_share = 0.1

type Process = { usedMs(): number; collect(): void }

/** Told how much time has passed, now and then: collects once whenever the process has become quiet. */
export const tidying = ({ usedMs, collect }: Process) => {
  let used_ms = usedMs()
  let was_busy = true
  return (passed_ms: number): void => {
    const now_used_ms = usedMs()
    const is_busy = now_used_ms - used_ms > passed_ms * quiet_share
    used_ms = now_used_ms
    if (was_busy && !is_busy) collect()
    was_busy = is_busy
  }
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Bun gives back what a load took when it collects, and a quiet process gives it no reason to. It doesn't stop the process. */
export const tidyMemory = (): void => {
  const look = tidying({ usedMs: cpuMs, collect: () => Bun.gc(false) })
  let last_ms = performance.now()
  const timer = setInterval(() => {
    const now_ms = performance.now()
    look(now_ms - last_ms)
    last_ms = now_ms
  }, look_ms)
  timer.unref()
}
