import type { LogLine } from "#sdk/index.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration, readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readLevel } from "../../level.ts"
import { outcomeCode } from "../../outcome.ts"
import { logLine } from "../../progress.ts"

/** With `-f` it ends when the run does, with the code of its outcome. */
export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const tail = readNumber("--tail", text(options, "tail"))
  const since_ms = readDuration("--since", text(options, "since"))
  const task = text(options, "task")
  const grep = text(options, "grep")
  const attempt = readNumber("--attempt", text(options, "attempt"))
  const level = readLevel(text(options, "level"))
  const follow = flag(options, "follow")
  const lines = client.runs.logs(run_id, {
    follow,
    signal: io.signal,
    ...(task !== undefined && { task }),
    ...(grep !== undefined && { grep }),
    ...(attempt !== undefined && { attempt }),
    ...(level !== undefined && { level }),
    ...(tail !== undefined && { tail }),
    ...(since_ms !== undefined && { since: new Date(io.now().getTime() - since_ms).toISOString() }),
  })
  for await (const line of lines)
    io.out(shown(line, { json: flag(options, "json"), stamped: flag(options, "timestamps") }, io))
  return follow ? outcomeCode(await client.runs.get(run_id)) : exit_codes.done
}

type Form = { readonly json: boolean; readonly stamped: boolean }

const shown = (line: LogLine, { json, stamped }: Form, io: Io): string => {
  if (json) return asJson(line)
  if (io.out_is_tty) return `${stamped ? `${line.at} ` : ""}${logLine(io, line)}`
  const fields = [cleanLine(line.task), ...(stamped ? [line.at] : []), cleanLine(line.text)]
  return fields.join("\t")
}
