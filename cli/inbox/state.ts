import type { Approval, Notification, Page } from "#sdk/shapes.ts"
import { afterTold, type Known } from "../screen/known.ts"
import type { Told } from "../screen/poll.ts"

/** What is asked for again and again; notifications come by themselves. */
export type Facts = { readonly approvals: Page<Approval> }

export const sectionNames = ["approvals", "unread", "read"] as const

export type SectionName = (typeof sectionNames)[number]

/** What somebody is about to say to an approval, with words that they may type. */
export type Deciding = {
  readonly verb: "approve" | "reject"
  readonly approval: Approval
  readonly comment: string
}

/** What is known of somebody's inbox, and what is looked at. Changed by `reduce` alone. */
export type InboxState = Known<Facts> & {
  readonly url: string
  /** Newest first. */
  readonly notices: readonly Notification[]
  /** The platform has older ones. */
  readonly has_more: boolean
  readonly page: "all" | "item" | "keys"
  /** The key of an item. */
  readonly selected: string | undefined
  /** The item that has the page: reading a notification moves it to those that are read. */
  readonly opened: string | undefined
  readonly scrolled: number
  /** The only part that is shown. */
  readonly only: SectionName | undefined
  readonly filter: string
  readonly is_typing: boolean
  readonly deciding: Deciding | undefined
  readonly asked: "read_all" | undefined
  readonly said: string | undefined
}

export type Look = Pick<
  InboxState,
  "page" | "selected" | "opened" | "scrolled" | "only" | "filter" | "is_typing" | "deciding" | "asked"
>

export type Change =
  | Told<Facts>
  | { readonly kind: "listed"; readonly notices: readonly Notification[]; readonly has_more: boolean }
  | { readonly kind: "changed"; readonly notice: Notification }
  | { readonly kind: "all_read"; readonly at: string }
  | { readonly kind: "decided"; readonly approval_id: string }
  | { readonly kind: "look"; readonly look: Partial<Look> }
  | { readonly kind: "said"; readonly text: string | undefined }

/** So many are kept; the oldest make room. */
export const max_notices = 1_000

export const firstState = (url: string): InboxState => ({
  ...{ url, facts: {}, refused: {}, trouble: undefined, notices: [], has_more: false },
  ...{ page: "all", selected: undefined, opened: undefined, scrolled: 0, only: undefined },
  ...{ filter: "", is_typing: false, deciding: undefined, asked: undefined, said: undefined },
})

export const unreadOf = ({ notices }: Pick<InboxState, "notices">): readonly Notification[] =>
  notices.filter(({ read_at }) => read_at === null)

export const reduce = (state: InboxState, change: Change): InboxState => {
  switch (change.kind) {
    case "look":
      return { ...state, ...change.look }
    case "said":
      return { ...state, said: change.text }
    case "listed":
      return withNotices({ ...state, has_more: change.has_more }, cameLater(state, change.notices))
    case "changed":
      return withNotices(state, withOne(state.notices, change.notice))
    case "all_read":
      return withNotices(
        state,
        state.notices.map((notice) => ({ ...notice, read_at: notice.read_at ?? change.at })),
      )
    case "decided":
      return withoutApproval(state, change.approval_id)
    default:
      return { ...state, ...afterTold(state, change) }
  }
}

const withNotices = (state: InboxState, notices: readonly Notification[]): InboxState => ({
  ...state,
  notices: notices.slice(0, max_notices),
  has_more: state.has_more || notices.length > max_notices,
})

const withOne = (notices: readonly Notification[], notice: Notification): readonly Notification[] =>
  notices.some(({ id }) => id === notice.id)
    ? notices.map((one) => (one.id === notice.id ? notice : one))
    : [notice, ...notices]

/** What came while the list was on its way isn't in it. */
const cameLater = ({ notices }: InboxState, listed: readonly Notification[]): readonly Notification[] => {
  const known = new Set(listed.map(({ id }) => id))
  const newest = listed[0]?.created_at ?? ""
  return [...notices.filter(({ id, created_at }) => created_at > newest && !known.has(id)), ...listed]
}

/** Off the list at once, rather than when the platform is asked again. */
const withoutApproval = (state: InboxState, approval_id: string): InboxState => {
  const { approvals } = state.facts
  if (!approvals) return state
  const items = approvals.items.filter(({ id }) => id !== approval_id)
  return { ...state, facts: { approvals: { ...approvals, items } } }
}
