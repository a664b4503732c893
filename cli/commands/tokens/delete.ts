import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  await connect(options, io).identity.deleteToken(id)
  io.note("Taken back.")
  return exit_codes.done
}
