import { asJson } from "../../clean.ts"
import { flag, type Given, text, words } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readExpiry } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readRole } from "../../role.ts"
import { queuesOf } from "../../token-queues.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const scopes = words(options, "scope")
  const role = text(options, "role")
  const expires_at = readExpiry(options, io)
  const created = await connect(options, io).identity.createToken({
    name,
    ...(role !== undefined && { role: readRole(role) }),
    ...(scopes.length > 0 && { scopes }),
    ...queuesOf(options),
    ...expires_at,
  })
  io.out(flag(options, "json") ? asJson(created) : created.token)
  return exit_codes.done
}
