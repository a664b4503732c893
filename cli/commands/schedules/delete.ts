import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const { schedules } = connect(options, io)
  await confirm(`delete the schedule ${cleanLine(name)} with its history`, options, io)
  await schedules.delete(name)
  io.note("Deleted. The runs it started stay.")
  return exit_codes.done
}
