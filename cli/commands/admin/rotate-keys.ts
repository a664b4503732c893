import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const rotated = await connect(options, io).identity.rotateKeys()
  io.out(flag(options, "json") ? asJson(rotated) : rotated.key_id)
  io.note(`It signs from ${rotated.signs_at} on; the one before verifies until ${rotated.before_ends_at}.`)
  return exit_codes.done
}
