import type { AuditEntry } from "#sdk/index.ts"
import { auditFilter } from "../../audit-filter.ts"
import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { ago } from "../../table.ts"

const usual_limit = 20

/** What was changed in what, as `role: developer → admin`. */
const detailsOf = ({ details }: AuditEntry): string => {
  const { from, to, ...others } = details
  const change = from === undefined ? [] : [`${from} → ${to}`]
  const rest = Object.entries(others).filter(([, value]) => value !== null && value !== false)
  return [...change, ...rest.map(([name, value]) => `${name}: ${value}`)].join(", ")
}

export const run = (given: Given, io: Io): Promise<number> => {
  const { audit } = connect(given.options, io)
  const filter = auditFilter(given.options, io)
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "when", full: (row) => row.at, short: (row) => ago(row.at, now) },
        { title: "who", full: (row) => row.actor.email || "the platform" },
        { title: "did", full: (row) => row.action },
        { title: "to", full: (row) => row.subject.name },
        { title: "details", full: detailsOf },
        { title: "from", full: (row) => row.address ?? "" },
      ],
      first: () => audit.list({ ...filter, limit }),
      all: () => audit.all(filter),
      empty: "Nothing has happened that fits.",
    },
    io,
  )
}
