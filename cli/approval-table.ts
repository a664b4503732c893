import type { Approval } from "#sdk/shapes.ts"
import { ago, ahead, type Column } from "./table.ts"

/** With all that `wf approve` needs; on a terminal what is asked, and whom, stands below. */
export const approvalColumns = (now: Date): readonly Column<Approval>[] => [
  { title: "run", full: (row) => row.run_id },
  { title: "task", full: (row) => row.task },
  { title: "workflow", full: (row) => row.workflow },
  { title: "since", full: (row) => row.since, short: (row) => ago(row.since, now) },
  { title: "until", full: (row) => row.until ?? "", short: (row) => ahead(row.until, now) },
  { title: "agreed", full: ({ decisions, approvals }) => `${decisions.length}/${approvals}` },
  { title: "what", full: (row) => row.message, is_below: true },
  { title: "who", full: (row) => whoDecides(row), is_below: true },
]

const whoDecides = ({ roles, people }: Pick<Approval, "roles" | "people">): string =>
  [...roles, ...people].join(",")
