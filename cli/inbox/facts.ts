import type { Client } from "#sdk/client.ts"
import type { Approval, Notification, Page } from "#sdk/shapes.ts"
import type { Source } from "../screen/poll.ts"
import { type Facts, max_notices } from "./state.ts"

const often_ms = 2_000
const page_size = 200

export const sources: { readonly [Name in keyof Facts]: Source<Facts[Name]> } = {
  approvals: {
    every_ms: often_ms,
    ask: (client, signal) => askApprovals(client, { signal }),
  },
}

/** A page looks at so many only: where most wait for others, some more of them have one's own. */
const max_pages = 5

const askApprovals = async (
  client: Client,
  { signal, cursor, pages = 1 }: { signal: AbortSignal; cursor?: string; pages?: number },
): Promise<Page<Approval>> => {
  const from = cursor === undefined ? {} : { cursor }
  const page = await client.approvals.list({ yours: true, limit: page_size, signal, ...from })
  const { items, next_cursor } = page
  if (typeof next_cursor !== "string" || items.length > 0 || pages === max_pages) return page
  return askApprovals(client, { signal, cursor: next_cursor, pages: pages + 1 })
}

export type Listed = { readonly notices: readonly Notification[]; readonly has_more: boolean }

/** The newest, and whatever is unread, in the order in which they came. */
export const listNotices = async ({ notifications }: Client, signal: AbortSignal): Promise<Listed> => {
  const newest = await upTo(notifications.all({ signal }), max_notices)
  const has_more = newest.length === max_notices
  const unread = has_more ? await upTo(notifications.all({ unread: true, signal }), max_notices) : []
  const known = new Set(newest.map(({ id }) => id))
  const older = unread.filter(({ id }) => !known.has(id)).slice(0, max_notices / 2)
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
