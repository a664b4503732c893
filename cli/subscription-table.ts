import type { Subscription } from "#sdk/index.ts"
import type { Options } from "./command.ts"
import type { Io } from "./io.ts"
import { printOne } from "./list.ts"
import type { Column } from "./table.ts"

const stateOf = ({ paused_at, failing_since }: Subscription): string => {
  if (paused_at !== null) return "paused"
  return failing_since === null ? "on" : "failing"
}

const ofWhat = ({ workflows, tags }: Subscription): string =>
  [...workflows, ...tags.map((tag) => `#${tag}`)].join(",")

export const subscriptionColumns: readonly Column<Subscription>[] = [
  { title: "subscription", full: (row) => row.id },
  { title: "name", full: (row) => row.name },
  { title: "scope", full: (row) => row.scope },
  { title: "events", full: (row) => row.events.join(",") },
  { title: "of", full: ofWhat, short: (row) => ofWhat(row) || "all" },
  { title: "channel", full: (row) => row.channel },
  { title: "to", full: (row) => row.to, short: (row) => row.to || "–" },
  { title: "state", full: stateOf },
  { title: "why", full: (row) => row.pause_reason ?? "", is_below: true },
]

export const printSubscription = (item: Subscription, options: Options, io: Io): number =>
  printOne(options, { columns: subscriptionColumns, item }, io)
