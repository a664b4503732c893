import type { ExecutionStats } from "#sdk/shapes.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { momentOf } from "../../moment.ts"
import { printTable } from "../../table.ts"

const short_ms = 10_000

/** As a person reads it: to the millisecond only where that matters. */
const lasting = (ms: number | null): string => {
  if (ms === null) return ""
  if (ms < 1_000) return `${ms} ms`
  return ms < short_ms ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 1_000)} s`
}

const percentile = (title: "p50" | "p95" | "p99", of: (row: ExecutionStats) => number | null) => ({
  ...{ title, full: (row: ExecutionStats) => String(of(row) ?? "") },
  short: (row: ExecutionStats) => lasting(of(row)),
})

const columns = [
  {
    title: "from",
    full: (row: ExecutionStats) => row.at,
    short: (row: ExecutionStats) => row.at.slice(0, 16),
  },
  {
    title: "workflow",
    full: (row: ExecutionStats) => row.workflow ?? "",
    short: (row: ExecutionStats) => row.workflow ?? "(jobs)",
  },
  { title: "task", full: (row: ExecutionStats) => row.task ?? "" },
  { title: "total", full: (row: ExecutionStats) => String(row.total) },
  { title: "completed", full: (row: ExecutionStats) => String(row.completed) },
  { title: "failed", full: (row: ExecutionStats) => String(row.failed) },
  { title: "cancelled", full: (row: ExecutionStats) => String(row.cancelled) },
  { title: "skipped", full: (row: ExecutionStats) => String(row.skipped) },
  percentile("p50", ({ p50_ms }) => p50_ms),
  percentile("p95", ({ p95_ms }) => p95_ms),
  percentile("p99", ({ p99_ms }) => p99_ms),
]

const readBy = (given: string | undefined): "workflow" | "task" | undefined => {
  if (given === undefined || given === "workflow" || given === "task") return given
  throw new Failure(exit_codes.usage, `--by takes workflow or task, not \`${given}\`.`)
}

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const [workflow, task, every] = [text(options, "workflow"), text(options, "task"), text(options, "every")]
  readDuration("--every", every)
  const since = momentOf("--since", text(options, "since"), io)
  const until = momentOf("--until", text(options, "until"), io)
  const by =
    readBy(text(options, "by")) ?? (workflow === undefined && task === undefined ? "workflow" : "task")
  const found = await connect(options, io).history.stats({
    by,
    ...(workflow !== undefined && { workflow }),
    ...(task !== undefined && { task }),
    ...(every !== undefined && { every }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  })
  if (flag(options, "json")) io.out(asJson(found))
  else if (found.items.length === 0 && io.out_is_tty) io.note("Nothing has ended in this time.")
  else printTable(io, columns, found.items)
  return exit_codes.done
}
