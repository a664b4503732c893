import type { Client } from "#sdk/client.ts"
import type { Notification } from "#sdk/shapes.ts"
import type { Source } from "../screen/poll.ts"
import { type Facts, max_notices } from "./state.ts"

const often_ms = 2_000
const page_size = 200

export const sources: { readonly [Name in keyof Facts]: Source<Facts[Name]> } = {
  approvals: {
    every_ms: often_ms,
    ask: ({ approvals }, signal) => approvals.list({ yours: true, limit: page_size, signal }),
  },
}

export type Listed = { readonly notices: readonly Notification[]; readonly has_more: boolean }

/** The newest, and whatever is unread, in the order in which they came. */
export const listNotices = async ({ notifications }: Client, signal: AbortSignal): Promise<Listed> => {
  const newest = await upTo(notifications.all({ signal }), max_notices)
  const has_more = newest.length === max_notices
  const unread = has_more ? await upTo(notifications.all({ unread: true, signal }), max_notices) : []
  const known = new Set(newest.map(({ id }) => id))
  const older = unread.filter(({ id }) => !known.has(id))
  return { notices: [...newest.slice(0, max_notices - older.length), ...older], has_more }
}

const upTo = async <Item>(items: AsyncIterable<Item>, most: number): Promise<readonly Item[]> => {
  const found: Item[] = []
  for await (const item of items) {
    found.push(item)
    if (found.length === most) break
  }
  return found
}
