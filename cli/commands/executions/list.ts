import type { ExecutionFilter } from "#sdk/history.ts"
import type { Execution, Page } from "#sdk/shapes.ts"
import { type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { momentOf } from "../../moment.ts"
import { ago, took } from "../../table.ts"

const usual_limit = 20
const largest_page = 200

const names = {
  ...{ run_id: "run", workflow: "workflow", task: "task", type: "type", worker_id: "worker" },
  ...{ status: "status", min_duration: "minDuration", max_duration: "maxDuration" },
  ...{ error: "error", output: "output", input: "input" },
} as const

const filterOf = (options: Options, io: Io): ExecutionFilter => {
  const given = Object.entries(names).map(([name, option]) => [name, text(options, option)] as const)
  const since = momentOf("--since", text(options, "since"), io)
  const until = momentOf("--until", text(options, "until"), io)
  const times = [["since", since] as const, ["until", until] as const]
  return Object.fromEntries([...given, ...times].filter(([, value]) => value !== undefined))
}

export const run = (given: Given, io: Io): Promise<number> => {
  const { history } = connect(given.options, io)
  const filter = filterOf(given.options, io)
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  /** A page that took long to find may have less than was asked for, with more to come. */
  const first = async (): Promise<Page<Execution>> => {
    const items: Execution[] = []
    let cursor: string | undefined
    for (;;) {
      const rest = Math.min(largest_page, limit - items.length)
      const page = await history.list({ ...filter, limit: rest, ...(cursor !== undefined && { cursor }) })
      items.push(...page.items)
      cursor = page.next_cursor ?? undefined
      if (cursor === undefined || items.length >= limit) return { items, next_cursor: page.next_cursor }
    }
  }
  const now = io.now()
  return printList(
    given,
    {
      columns: [
        { title: "run", full: (row) => row.run_id ?? row.task_run_id },
        {
          title: "workflow",
          full: (row) => row.workflow ?? "",
          short: (row) => (row.run_id === null ? "(job)" : (row.workflow ?? "")),
        },
        { title: "task", full: (row) => row.task },
        { title: "try", full: (row) => String(row.attempt) },
        { title: "status", full: (row) => row.status },
        {
          title: "ended",
          full: (row) => row.finished_at ?? "",
          short: (row) => (row.finished_at === null ? "" : ago(row.finished_at, now)),
        },
        {
          title: "took",
          full: (row) => String(row.duration_ms ?? ""),
          short: (row) => took(row.started_at, row.finished_at),
        },
        { title: "type", full: (row) => row.type ?? "" },
        { title: "error", full: (row) => row.error?.message ?? row.reason ?? "" },
      ],
      first,
      all: () => history.all(filter),
      empty: "There are no such attempts.",
    },
    io,
  )
}
