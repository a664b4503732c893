import { afterTold, type Known } from "../screen/known.ts"
import type { Told } from "../screen/poll.ts"
import type { Facts } from "./facts.ts"

export const sectionNames = ["runs", "failures", "queues", "workers", "dead_letters"] as const

export type SectionName = (typeof sectionNames)[number]

/** What is known of the platform, and what is looked at. Changed by `reduce` alone. */
export type TopState = Known<Facts> & {
  readonly url: string
  readonly page: "all" | "item" | "keys"
  /** The key of an item. */
  readonly selected: string | undefined
  /** The only part that is shown. */
  readonly only: SectionName | undefined
  readonly filter: string
  readonly is_typing: boolean
  readonly said: string | undefined
}

export type Look = Pick<TopState, "page" | "selected" | "only" | "filter" | "is_typing">

export type Change =
  | Told<Facts>
  | { readonly kind: "look"; readonly look: Partial<Look> }
  | { readonly kind: "said"; readonly text: string | undefined }

export const firstState = (url: string, facts: Partial<Facts>): TopState => ({
  ...{ url, facts, refused: {}, trouble: undefined },
  ...{ page: "all", selected: undefined, only: undefined, filter: "", is_typing: false, said: undefined },
})

export const reduce = (state: TopState, change: Change): TopState => {
  if (change.kind === "look") return { ...state, ...change.look }
  if (change.kind === "said") return { ...state, said: change.text }
  return { ...state, ...afterTold(state, change) }
}
