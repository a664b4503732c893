/** Of one processor: a process that uses less has nothing to do. */
const quiet_share = 0.1
/** Work that comes in bursts has pauses, too. */
const looks = 2

type Process = { usedMs(): number; whenQuiet(): void }

/** Is told how much time has passed, now and then, and says once whenever the process has been quiet for two looks. */
export const noticeQuiet = ({ usedMs, whenQuiet }: Process) => {
  let used_ms = usedMs()
  let quiet_looks = 0
  return (passed_ms: number): void => {
    const now_used_ms = usedMs()
    const is_busy = now_used_ms - used_ms > passed_ms * quiet_share
    used_ms = now_used_ms
    quiet_looks = is_busy ? 0 : quiet_looks + 1
    if (quiet_looks === looks) whenQuiet()
  }
}
