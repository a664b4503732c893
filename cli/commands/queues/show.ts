import { cleanLine } from "../../clean.ts"
import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { fieldText } from "../../list.ts"
import { printQueue } from "../../queue-table.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const queue = await connect(options, io).queues.get(name)
  const field = text(options, "field")
  if (field === undefined) return printQueue(queue, options, io)
  io.out(cleanLine(fieldText(queue, field)))
  return exit_codes.done
}
