import type { z } from "zod"
import type { catalogue } from "./catalogue.ts"

export type EventName = keyof typeof catalogue

export type EventData<Name extends EventName> = z.infer<(typeof catalogue)[Name]["data"]>

/** A fact as it travels. The attributes are those of CloudEvents; `key` keeps the order. */
export type Envelope<Name extends EventName = EventName> = {
  [N in Name]: {
    readonly id: string
    readonly type: N
    /** The service that published it. */
    readonly source: string
    readonly key: string
    readonly at: string
    readonly traceparent?: string | undefined
    readonly data: EventData<N>
  }
}[Name]
