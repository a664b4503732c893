import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { inOrder, summaryLines } from "../../progress.ts"
import { printTable, took } from "../../table.ts"
import { waitWords } from "../../wait-words.ts"

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const found = await connect(options, io).runs.get(run_id)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(found, field)))
  else if (flag(options, "json")) io.out(asJson(found))
  else {
    if (io.out_is_tty) for (const line of summaryLines(io, found)) io.out(line)
    const columns = [
      { title: "task", full: (row: Task) => row.task },
      { title: "status", full: (row: Task) => row.status, short: statusWords },
      { title: "attempt", full: (row: Task) => String(row.attempt) },
      {
        title: "took",
        full: (row: Task) => row.finished_at ?? "",
        short: (row: Task) => took(row.started_at, row.finished_at),
      },
      { title: "error", full: (row: Task) => row.error?.message ?? "" },
      {
        title: "waits for",
        full: waitsFor,
      },
    ]
    printTable(io, columns, inOrder(found.tasks ?? []))
  }
  return exit_codes.done
}

const waitsFor = (row: Task): string => {
  // Which run a task has begun is worth knowing afterwards, too.
  if (row.wait && (row.status === "waiting" || row.wait.for === "workflow")) return waitWords(row.wait)
  return row.reason === "no_worker" ? "a worker that has what it asks for" : ""
}

/** Completed without having run, since the result was there. */
const statusWords = ({ status, reason }: Task): string =>
  reason === "cached" ? `${status} (cached)` : status

type Task = NonNullable<Awaited<ReturnType<ReturnType<typeof connect>["runs"]["get"]>>["tasks"]>[number]
