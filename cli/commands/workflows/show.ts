import { stringify } from "yaml"
import { asJson, clean, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const found = await connect(options, io).workflows.get(name)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(found, field)))
  else if (flag(options, "json")) io.out(asJson(found))
  else io.out(clean(stringify(found.definition).trimEnd()))
  return exit_codes.done
}
