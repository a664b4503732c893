import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const turned = await connect(options, io).subscriptions.rotateSecret(id)
  if (flag(options, "json")) io.out(asJson(turned))
  else io.out(cleanLine(turned.secret ?? ""))
  io.note("For a day the old secret signs, too.")
  return exit_codes.done
}
