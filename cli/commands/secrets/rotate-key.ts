import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const answer = await connect(options, io).secrets.rotateKey()
  if (flag(options, "json")) io.out(asJson(answer))
  else io.out(io.out_is_tty ? `Secrets encrypted anew: ${answer.rotated}.` : String(answer.rotated))
  return exit_codes.done
}
