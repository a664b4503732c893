import { allOf, pageCall } from "./pages.ts"
import type { DeadLetter, Job, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type ListDeadLetters = PageOptions & {
  readonly queue?: string
  readonly type?: string
  readonly job_id?: string
}

/** The oldest that fit; without a queue or type all there are. */
export type ChooseDeadLetters = { readonly queue?: string; readonly type?: string; readonly limit?: number }

export const deadLettersOf = (transport: Transport) => {
  const root = "/api/v1/dead-letters"
  const path = (id: string) => `${root}/${encodeURIComponent(id)}`
  const list = (options: ListDeadLetters = {}) => transport.json<Page<DeadLetter>>(pageCall(root, options))
  return {
    list,
    all: (options: ListDeadLetters = {}) => allOf(list, options),
    /** Its job goes back into its queue with all its tries; doing it again changes nothing. */
    replay: (id: string) => transport.json<Job>({ method: "POST", path: `${path(id)}/replay` }),
    /** At most 1,000 at once: `more` says whether to ask again. */
    replayMany: (chosen: ChooseDeadLetters = {}) =>
      transport.json<{ readonly replayed: number; readonly more: boolean }>({
        method: "POST",
        path: `${root}/replay`,
        json: chosen,
      }),
    drop: (id: string) => transport.json<undefined>({ method: "POST", path: `${path(id)}/drop` }),
    dropMany: (chosen: ChooseDeadLetters = {}) =>
      transport.json<{ readonly dropped: number; readonly more: boolean }>({
        method: "POST",
        path: `${root}/drop`,
        json: chosen,
      }),
  }
}
