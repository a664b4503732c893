import type { LogLine, LogOptions } from "#sdk/index.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readDuration, readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { readLevel } from "../../level.ts"
import { linesOfRuns } from "../../lines-of-runs.ts"
import { linePrinter } from "../../log-prefix.ts"
import { outcomeCode } from "../../outcome.ts"

/** With `-f` it ends when the run does, with the code of its outcome. */
export const run = async (given: Given, io: Io): Promise<number> => {
  const { options } = given
  const [run_id] = given.arguments
  const workflow = text(options, "workflow")
  if (workflow !== undefined && run_id === undefined) return ofWorkflow(workflow, options, io)
  if (workflow !== undefined || run_id === undefined) {
    throw new Failure(exit_codes.usage, "Name a run, or with `--workflow` the workflow whose runs are meant.")
  }
  const client = connect(options, io)
  const lines = client.runs.logs(run_id, { ...readChoice(options, io), signal: io.signal })
  const shown = printerOf(readForm(options), io)
  for await (const line of lines) io.out(shown(line))
  return flag(options, "follow") ? outcomeCode(await client.runs.get(run_id)) : exit_codes.done
}

/** Of its latest run; with `-f` of all that go on, and of those that begin, until it is interrupted. */
const ofWorkflow = async (workflow: string, options: Options, io: Io): Promise<number> => {
  const client = connect(options, io)
  const choice = readChoice(options, io)
  const shown = printerOf({ ...readForm(options), names_run: true }, io)
  await client.workflows.get(workflow)
  if (choice.follow) {
    await linesOfRuns({ client, workflow, choice, take: (line) => io.out(shown(line)) }, io)
    return exit_codes.interrupted
  }
  const [latest] = (await client.runs.list({ workflow, limit: 1 })).items
  if (!latest) {
    io.note(`${cleanLine(workflow)} has no runs yet.`)
    return exit_codes.done
  }
  for await (const line of client.runs.logs(latest.id, { ...choice, signal: io.signal })) {
    io.out(shown(line))
  }
  return exit_codes.done
}

const readChoice = (options: Options, io: Io): LogOptions & { readonly follow: boolean } => {
  const tail = readNumber("--tail", text(options, "tail"))
  const since_ms = readDuration("--since", text(options, "since"))
  const task = text(options, "task")
  const grep = text(options, "grep")
  const attempt = readNumber("--attempt", text(options, "attempt"))
  const level = readLevel(text(options, "level"))
  return {
    follow: flag(options, "follow"),
    ...(task !== undefined && { task }),
    ...(grep !== undefined && { grep }),
    ...(attempt !== undefined && { attempt }),
    ...(level !== undefined && { level }),
    ...(tail !== undefined && { tail }),
    ...(since_ms !== undefined && { since: new Date(io.now().getTime() - since_ms).toISOString() }),
  }
}

type Form = { readonly json: boolean; readonly stamped: boolean; readonly names_run: boolean }

const readForm = (options: Options): Form => ({
  ...{ json: flag(options, "json"), stamped: flag(options, "timestamps"), names_run: false },
})

/** For a person with colours, for programs between tabs. */
const printerOf = ({ json, stamped, names_run }: Form, io: Io): ((line: LogLine) => string) => {
  if (json) return asJson
  if (io.out_is_tty) return linePrinter(io, { names_run, stamped, aligned: true })
  return (line) => {
    const run = names_run ? [cleanLine(line.run_id)] : []
    const time = stamped ? [cleanLine(line.at)] : []
    return [...run, cleanLine(line.task), ...time, cleanLine(line.text)].join("\t")
  }
}
