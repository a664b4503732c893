import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printTable } from "../../table.ts"

export const run = async ({ arguments: [job_id = ""], options }: Given, io: Io): Promise<number> => {
  const found = await connect(options, io).jobs.get(job_id)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(found, field)))
  else if (flag(options, "json")) io.out(asJson(found))
  else {
    const columns = [
      { title: "field", full: (name: string) => name },
      { title: "value", full: (name: string) => fieldText(found, name) },
    ]
    const isTold = (name: string) => !io.out_is_tty || fieldText(found, name) !== ""
    printTable(io, columns, Object.keys(found).filter(isTold))
  }
  return exit_codes.done
}
