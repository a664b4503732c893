import type { Hook, HookDetail } from "#sdk/index.ts"
import { ago, type Column } from "./table.ts"

/** As it is called on the command line. */
export const hookName = ({ workflow, name }: Pick<Hook, "workflow" | "name">): string => `${workflow}/${name}`

const beginsAt = (hook: Hook, url: string): string => {
  if (hook.type === "workflow") return `the end of ${hook.upstream ?? ""}`
  if (hook.type === "event") return `each ${hook.event ?? ""}`
  return hook.path === null ? "" : `${url.replace(/\/+$/, "")}${hook.path}`
}

const signedBy = ({ secret, scheme }: Hook): string => (secret === null ? "" : `${secret} (${scheme ?? ""})`)

const stateOf = (hook: Hook): string => {
  if (hook.workflow_archived) return "archived"
  // The key file is another one than the address was made with.
  return hook.type === "webhook" && hook.path === null ? "unreadable" : "on"
}

/** Addresses are complete, so that they can be copied. */
export const hookColumns = (url: string, now: Date): readonly Column<Hook>[] => [
  { title: "hook", full: hookName },
  { title: "begins at", full: (row) => beginsAt(row, url), is_below: true },
  { title: "signed by", full: signedBy },
  { title: "state", full: stateOf },
  {
    title: "last",
    full: (row) => row.last?.at ?? "",
    short: (row) => (row.last === null ? "–" : ago(row.last.at, now)),
  },
  { title: "outcome", full: (row) => row.last?.status ?? "" },
  { title: "why", full: (row) => row.last?.reason ?? "" },
]

type Delivery = HookDetail["deliveries"][number]

export const deliveryColumns = (now: Date): readonly Column<Delivery>[] => [
  { title: "at", full: (row) => row.at, short: (row) => ago(row.at, now) },
  { title: "outcome", full: (row) => row.status },
  { title: "run", full: (row) => row.run_id ?? "" },
  { title: "why", full: (row) => row.reason ?? "" },
]
