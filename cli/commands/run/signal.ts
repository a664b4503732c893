import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

export const run = async (
  { arguments: [run_id = "", name = ""], options }: Given,
  io: Io,
): Promise<number> => {
  const given = text(options, "data")
  const data = given === undefined ? undefined : readData(given === "-" ? await io.readStdin() : given)
  const sent = await connect(options, io).runs.signal(run_id, name, data)
  const tasks = sent.tasks.map(cleanLine).join(", ")
  if (flag(options, "json")) io.out(asJson(sent))
  else if (sent.delivered) io.note(`Taken by ${tasks}.`)
  else io.note(`Kept: ${tasks} will take it.`)
  return exit_codes.done
}

const readData = (given: string): unknown => {
  try {
    return JSON.parse(given) as unknown
  } catch {
    throw new Failure(
      exit_codes.usage,
      `The data are not JSON. Text needs quotes of its own: --data '"yes"'; a mapping is --data '{"amount": 7}'.`,
    )
  }
}
