import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { chosenHook } from "../../hook-choice.ts"
import { deliveryColumns, hookColumns } from "../../hook-table.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printTable } from "../../table.ts"

/** What it is, and below it what became of the newest of what it was told. */
export const run = async ({ arguments: [hook = ""], options }: Given, io: Io): Promise<number> => {
  const { client, url } = connection(options, io)
  const { workflow, name } = await chosenHook(client, hook, "trigger")
  const shown = await client.hooks.get(workflow, name)
  const field = text(options, "field")
  if (field !== undefined) io.out(cleanLine(fieldText(shown, field)))
  else if (flag(options, "json")) io.out(asJson(shown))
  else {
    printTable(io, hookColumns(url, io.now()), [shown])
    if (shown.deliveries.length === 0) io.note("Nothing has come to it yet.")
    else printTable(io, deliveryColumns(io.now()), shown.deliveries)
  }
  return exit_codes.done
}
