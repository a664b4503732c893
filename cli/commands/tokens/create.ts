import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const created = await connect(options, io).identity.createToken({ name })
  io.out(flag(options, "json") ? asJson(created) : created.token)
  return exit_codes.done
}
