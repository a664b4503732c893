import { asJson } from "../../clean.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printTable } from "../../table.ts"

/** Asks with the number of runs before it starts them. */
export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const { schedules } = connect(options, io)
  const range = { from: readTime("from", options), to: toOf(options, io) }
  const planned = await schedules.backfill(name, { ...range, dry_run: true })
  const is_dry = flag(options, "dryRun")
  const count = planned.created.length
  if (!is_dry && count > 0) await confirm(`start ${count} run${count === 1 ? "" : "s"}`, options, io)
  const made = is_dry ? planned : await schedules.backfill(name, range)
  if (flag(options, "json")) io.out(asJson(made))
  else printTable(io, [{ title: "due", full: (time: string) => time }], made.created)
  if (made.created.length === 0) io.note("Every time of this range has its run, or there was none.")
  else if (!is_dry) io.note(`\`wf schedules history ${name}\` shows how they go.`)
  return exit_codes.done
}

const toOf = (options: Options, io: Io): string =>
  text(options, "to") === undefined ? io.now().toISOString() : readTime("to", options)

const readTime = (option: string, options: Options): string => {
  const given = text(options, option)
  if (given === undefined)
    throw new Failure(exit_codes.usage, `Say from when on: \`--${option} 2026-03-01\`.`)
  const at_ms = /^\d{4}-\d{2}-\d{2}(T.+)?$/.test(given) ? Date.parse(given) : Number.NaN
  if (!Number.isNaN(at_ms)) return new Date(at_ms).toISOString()
  throw new Failure(
    exit_codes.usage,
    `--${option} takes a time like 2026-03-01 or 2026-03-01T09:00:00Z, not \`${given}\`.`,
  )
}
