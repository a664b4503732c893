import type { LogLine } from "#sdk/shapes.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readLevel } from "../../level.ts"
import { linePrinter } from "../../log-prefix.ts"
import { momentOf } from "../../moment.ts"
import { ago } from "../../table.ts"

const usual_limit = 100

/** Lines come as they are found; Ctrl-C ends the search, here and on the server. */
export const run = async ({ arguments: [grep], options }: Given, io: Io): Promise<number> => {
  const { history } = connect(options, io)
  const [workflow, task] = [text(options, "workflow"), text(options, "task")]
  const level = readLevel(text(options, "level"))
  const since = momentOf("--since", text(options, "since"), io)
  const until = momentOf("--until", text(options, "until"), io)
  const limit = readNumber("--limit", text(options, "limit")) ?? usual_limit
  const wanted = {
    ...(grep !== undefined && { grep }),
    ...(workflow !== undefined && { workflow }),
    ...(task !== undefined && { task }),
    ...(level !== undefined && { level }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
  }
  let left = flag(options, "all") ? Number.POSITIVE_INFINITY : limit
  if (left === 0) return exit_codes.done
  const shown = flag(options, "json") ? asJson : printerOf(io)
  for await (const line of history.searchAll({ ...wanted, signal: io.signal })) {
    io.out(shown(line))
    left -= 1
    if (left === 0) break
  }
  return exit_codes.done
}

const printerOf = (io: Io): ((line: LogLine) => string) => {
  if (!io.out_is_tty) {
    return ({ at, run_id, task, text: said }) => [at, run_id, cleanLine(task), cleanLine(said)].join("\t")
  }
  const shown = linePrinter(io)
  return (line) => `${ago(line.at, io.now())} ${line.run_id} ${shown(line)}`
}
