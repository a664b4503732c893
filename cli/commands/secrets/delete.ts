import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const { secrets } = connect(options, io)
  await confirm(`delete the secret ${cleanLine(name)}`, options, io)
  await secrets.delete(name)
  io.note("Deleted. Tasks that need it fail until it is set again.")
  return exit_codes.done
}
