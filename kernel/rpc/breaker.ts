/** Stops calling what keeps failing, and lets one call through now and then to see whether it is back. */
export type Breaker = {
  /** Undefined when a call may go; else how long to wait. */
  refusal(now_ms: number): number | undefined
  succeeded(): void
  failed(now_ms: number): void
}

export type BreakerLimits = { readonly max_failures: number; readonly open_ms: number }

export const breaker = ({ max_failures, open_ms }: BreakerLimits): Breaker => {
  let failures = 0
  let closed_until_ms = 0
  return {
    refusal(now_ms) {
      if (failures < max_failures) return undefined
      if (now_ms < closed_until_ms) return closed_until_ms - now_ms
      // One call goes through; the others wait for what it finds.
      closed_until_ms = now_ms + open_ms
      return undefined
    },
    succeeded() {
      failures = 0
    },
    failed(now_ms) {
      failures += 1
      closed_until_ms = now_ms + open_ms
    },
  }
}
