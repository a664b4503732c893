import { createRequire } from "node:module"
import { systemKit } from "#kernel/service/kit.ts"

/** What is used here of one of kafkajs's own classes, which it doesn't export. */
type RequestQueue = {
  throttledUntil: number
  throttleCheckTimeoutId: unknown
  readonly pending: readonly unknown[]
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
}

const pending_ms = 10

/**
 * Each connection of kafkajs 2.2.4 looks a thousand times a second whether anything waits to be sent, for ever: it plans the
 * next look by a time that is long over (its issues 1704 and 1751). Here it looks when something waits.
 */
export const quietTimers = (): void => {
  const found: unknown = createRequire(import.meta.url)("kafkajs/src/network/requestQueue")
  const { prototype } = found as { readonly prototype: RequestQueue }
  prototype.scheduleCheckPendingRequests = function () {
    const throttled_ms = this.throttledUntil - systemKit().now().getTime()
    const has_reason = throttled_ms > 0 || this.pending.length > 0
    if (this.throttleCheckTimeoutId || !has_reason) return
    const look = () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }
    this.throttleCheckTimeoutId = setTimeout(look, throttled_ms > 0 ? throttled_ms : pending_ms)
  }
}
