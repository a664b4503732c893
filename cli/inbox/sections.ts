import type { Approval, Notification } from "#sdk/shapes.ts"
import { type Item, passing } from "../screen/item.ts"
import { type Section, selectedOf } from "../screen/section.ts"
import { approvalItem, noticeItem, runOf } from "./items.ts"
import { type InboxState, type SectionName, sectionNames } from "./state.ts"

type Content = {
  readonly title: string
  readonly items: (state: InboxState, now: Date) => readonly Item[]
  readonly hasMore: (state: InboxState) => boolean
  readonly note: (state: InboxState) => string
}

const noticesThat =
  (isUnread: boolean): Content["items"] =>
  ({ notices }, now) =>
    notices.filter(({ read_at }) => (read_at === null) === isUnread).map((notice) => noticeItem(notice, now))

const contents: Readonly<Record<SectionName, Content>> = {
  approvals: {
    title: "Waits for you",
    items: ({ facts }, now) => (facts.approvals?.items ?? []).map((one) => approvalItem(one, now)),
    hasMore: ({ facts }) => typeof facts.approvals?.next_cursor === "string",
    note: ({ facts, refused }) => refused.approvals ?? (facts.approvals ? "nothing" : "…"),
  },
  unread: { title: "Unread", items: noticesThat(true), hasMore: () => false, note: () => "all is read" },
  read: {
    title: "Read",
    items: noticesThat(false),
    hasMore: ({ has_more }) => has_more,
    note: ({ notices }) =>
      notices.length > 0
        ? "nothing"
        : "`wf subscriptions create --event run.failed` has you told of failures",
  },
}

export const sectionsOf = (state: InboxState, now_ms: number): readonly Section<SectionName>[] => {
  const now = new Date(now_ms)
  const shown = sectionNames.filter((name) => state.only === undefined || state.only === name)
  return shown.map((name) => {
    const { title, items: itemsOf, hasMore, note } = contents[name]
    const all = itemsOf(state, now)
    const items = passing(all, state.filter)
    return {
      ...{ name, number: sectionNames.indexOf(name) + 1, title, items },
      count: `${all.length}${hasMore(state) ? "+" : ""}`,
      note: items.length > 0 ? undefined : all.length > 0 ? "none that the filter lets through" : note(state),
    }
  })
}

export type Chosen = {
  readonly item: Item | undefined
  readonly notice: Notification | undefined
  readonly approval: Approval | undefined
  readonly run_id: string | undefined
}

/** What keys are about: what has the page, else what is chosen. */
export const chosenOf = (state: InboxState, sections: readonly Section[]): Chosen => {
  const item = selectedOf(sections, state.selected)
  const [section, id] = ((state.page === "item" ? state.opened : item?.key) ?? "").split(" ")
  const approvals = state.facts.approvals?.items ?? []
  if (section === "approvals") {
    const approval = approvals.find((one) => one.id === id)
    return { item, notice: undefined, approval, run_id: approval?.run_id }
  }
  const notice = state.notices.find((one) => one.id === id)
  const run_id = notice && runOf(notice)
  // Who is told that an approval waits may decide it right there, as long as it does.
  const approval = approvals.find(
    (one) => one.run_id === run_id && notice?.title.startsWith(`${one.workflow}: ${one.task} `),
  )
  return { item, notice, approval, run_id }
}
