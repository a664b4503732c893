import type { FactName, Facts } from "./facts.ts"

export const sectionNames = ["runs", "failures", "queues", "workers", "dead_letters"] as const

export type SectionName = (typeof sectionNames)[number]

type Trouble = { readonly what: "slow" | "away"; readonly since_ms: number }

/** What is known of the platform, and what is looked at. Changed by `reduce` alone. */
export type TopState = {
  readonly url: string
  readonly facts: Partial<Facts>
  /** What the platform doesn't tell, and why. */
  readonly refused: Partial<Readonly<Record<FactName, string>>>
  readonly trouble: Trouble | undefined
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
  | { readonly kind: "answered"; readonly facts: Partial<Facts> }
  | { readonly kind: "refused"; readonly name: FactName; readonly text: string }
  | { readonly kind: "trouble"; readonly what: Trouble["what"]; readonly since_ms: number }
  | { readonly kind: "look"; readonly look: Partial<Look> }
  | { readonly kind: "said"; readonly text: string | undefined }

export const firstState = (url: string, facts: Partial<Facts>): TopState => ({
  ...{ url, facts, refused: {}, trouble: undefined },
  ...{ page: "all", selected: undefined, only: undefined, filter: "", is_typing: false, said: undefined },
})

export const reduce = (state: TopState, change: Change): TopState => {
  if (change.kind === "look") return { ...state, ...change.look }
  if (change.kind === "said") return { ...state, said: change.text }
  if (change.kind === "refused") {
    return { ...state, trouble: undefined, refused: { ...state.refused, [change.name]: change.text } }
  }
  if (change.kind === "answered") {
    return { ...state, trouble: undefined, facts: { ...state.facts, ...change.facts } }
  }
  const { what, since_ms } = change
  // Away since the first time that it didn't answer.
  return { ...state, trouble: { what, since_ms: state.trouble?.since_ms ?? since_ms } }
}
