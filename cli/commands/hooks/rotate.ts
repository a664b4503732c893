import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { chosenHook } from "../../hook-choice.ts"
import { hookColumns, hookName } from "../../hook-table.ts"
import type { Io } from "../../io.ts"
import { printOne } from "../../list.ts"

export const run = async ({ arguments: [hook = ""], options }: Given, io: Io): Promise<number> => {
  const { client, url } = connection(options, io)
  const { workflow, name } = await chosenHook(client, hook, "webhook")
  const what = `give ${cleanLine(hookName({ workflow, name }))} another address, and refuse what is sent to the one it has`
  await confirm(what, options, io)
  const rotated = await client.hooks.rotate(workflow, name)
  printOne(options, { columns: hookColumns(url, io.now()), item: rotated }, io)
  io.note("Tell its senders the new address.")
  return exit_codes.done
}
