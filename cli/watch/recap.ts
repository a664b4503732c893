import type { Client, Run } from "#sdk/index.ts"
import { type Io, styled } from "../io.ts"
import { summaryLines } from "../progress.ts"
import type { Row } from "../screen/row.ts"
import { rowsOf } from "./rows.ts"
import type { WatchState } from "./state.ts"

/** Of larger runs only what has failed is told, task by task. */
const max_tasks = 30
/** And of such small ones the end of what each task has printed. */
const max_talkative = 8
const max_failed = 10
const tail_lines = 400

type Recap = { readonly client: Client; readonly run: Run; readonly state: WatchState }

/** What is left on the terminal when a run that was looked at has ended. */
export const recapLines = async ({ client, run, state }: Recap, io: Io): Promise<readonly string[]> => {
  const failed = [...state.tasks.values()].filter(({ status }) => status === "failed").map(({ name }) => name)
  const isSmall = state.places.length <= max_talkative
  const names = state.places.map(({ name }) => name)
  const shown = names.length <= max_tasks ? names : failed.slice(0, max_failed)
  const talkative = isSmall ? [...names, ...failed] : failed.slice(0, max_failed)
  const lines = await linesOf(client, run.id, talkative)
  const end_ms = state.ended_ms ?? io.now().getTime()
  const closed = { ...state, opened: new Set(talkative), selected: undefined, lines }
  const rows = rowsOf(closed, { now_ms: end_ms, columns: io.columns, rows: 0 }, shown)
  return [...rows.map((row) => textOf(row, io)), ...summaryLines(io, run)]
}

const textOf = ({ segments }: Row, io: Io): string =>
  segments
    .map(({ text, style }) => (style ? styled(io, style, text) : text))
    .join("")
    .trimEnd()

/** The last lines of these; none, if they can't be had. */
const linesOf = async (
  client: Client,
  run_id: string,
  names: readonly string[],
): Promise<WatchState["lines"]> => {
  const lines = new Map<string, string[]>()
  if (names.length === 0) return lines
  try {
    for await (const { task, stream, text } of client.runs.logs(run_id, { tail: tail_lines })) {
      if (stream !== "system" && names.includes(task)) lines.set(task, [...(lines.get(task) ?? []), text])
    }
  } catch {
    // How the run went is to be told all the same.
  }
  return lines
}
