/** Of one processor: a process that uses less has nothing to do. */
const quiet_share = 0.1

type Process = { usedMs(): number; whenQuiet(): void }

/** Is told how much time has passed, now and then, and says once whenever the process has become quiet. */
export const noticeQuiet = ({ usedMs, whenQuiet }: Process) => {
  let used_ms = usedMs()
  let was_busy = true
  return (passed_ms: number): void => {
    const now_used_ms = usedMs()
    const is_busy = now_used_ms - used_ms > passed_ms * quiet_share
    used_ms = now_used_ms
    if (was_busy && !is_busy) whenQuiet()
    was_busy = is_busy
  }
}
