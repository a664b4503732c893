import type { TaskError } from "../executor/executor.ts"

/** How one attempt is told to stop, with the reason. */
export type Stop = { readonly signal: AbortSignal; abort(reason: TaskError): void }

/** Most attempts of functions end before anybody asks for their signal: it is made for the first who does. */
export const createStop = (): Stop => {
  let made: AbortController | undefined
  const controller = () => {
    made ??= new AbortController()
    return made
  }
  return {
    get signal() {
      return controller().signal
    },
    abort(reason) {
      controller().abort(reason)
    },
  }
}
