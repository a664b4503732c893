/** What tells work to stop, with the reason. */
export type LateAbort = { readonly signal: AbortSignal; abort(reason: unknown): void }

/** As an AbortController, which is made for the first who asks for the signal: most work that is short never does. */
export const createLateAbort = (): LateAbort => {
  let controller: AbortController | undefined
  let is_aborted = false
  let first_reason: unknown
  return {
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (is_aborted) controller.abort(first_reason)
      }
      return controller.signal
    },
    abort(reason) {
      if (is_aborted) return
      is_aborted = true
      first_reason = reason
      controller?.abort(reason)
    },
  }
}
