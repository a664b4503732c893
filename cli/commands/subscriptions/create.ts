import type { CreateSubscription } from "#sdk/index.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { readSettings } from "../../subscription-settings.ts"

export const run = async ({ arguments: [name], options }: Given, io: Io): Promise<number> => {
  const { events, ...settings } = readSettings(options)
  if (events === undefined)
    throw new Failure(
      exit_codes.usage,
      "Say of what you want to be told, for example with `--event run.failed`.",
    )
  const channel = text(options, "channel") as CreateSubscription["channel"]
  const made = await connect(options, io).subscriptions.create({
    ...{ ...settings, events },
    ...(name !== undefined && { name }),
    ...(channel !== undefined && { channel }),
    ...(flag(options, "forWorkspace") && { scope: "workspace" }),
  })
  if (flag(options, "json")) io.out(asJson(made))
  else io.out(made.id)
  if (made.secret !== null && !flag(options, "json"))
    io.note(`What it sends is signed with ${made.secret}, which is shown this once.`)
  return exit_codes.done
}
