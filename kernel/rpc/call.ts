import { Code, ConnectError } from "@connectrpc/connect"
import { createLateAbort, type LateAbort } from "#kernel/service/late-abort.ts"

const over = new ConnectError("The call is over.", Code.Canceled)

export type OpenCall = {
  readonly abort: LateAbort
  /** As the work ends, or as soon as the call is late or nobody waits for it any more, like a connection that is given up. */
  answer<Answer>(work: () => Promise<Answer>): Promise<Answer>
  giveUp(reason: unknown): void
  close(): void
}

/** One signal and one timer for a call. Its end tells the signal, for whatever was left behind. */
export const openCall = (outer: AbortSignal | undefined, limit_ms: number | undefined): OpenCall => {
  const abort = createLateAbort()
  let given_up: { readonly reason: unknown } | undefined
  let tellAsker: (reason: unknown) => void = () => undefined
  const giveUp = (reason: unknown) => {
    given_up ??= { reason }
    tellAsker(reason)
    abort.abort(reason)
  }
  const late = () => giveUp(new ConnectError("the operation timed out", Code.DeadlineExceeded))
  const left = () => giveUp(outer?.reason)
  const timer = limit_ms === undefined ? undefined : setTimeout(late, limit_ms)
  if (outer?.aborted) left()
  else outer?.addEventListener("abort", left)
  return {
    abort,
    answer: (work) =>
      new Promise((resolve, reject) => {
        tellAsker = reject
        if (given_up) reject(given_up.reason)
        else work().then(resolve, reject)
      }),
    giveUp,
    close() {
      clearTimeout(timer)
      outer?.removeEventListener("abort", left)
      abort.abort(over)
    },
  }
}
