import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const { subscriptions } = connect(options, io)
  await confirm(`delete the subscription ${cleanLine(id)} with its deliveries`, options, io)
  await subscriptions.delete(id)
  io.note("Deleted.")
  return exit_codes.done
}
