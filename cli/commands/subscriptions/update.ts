import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { readSettings } from "../../subscription-settings.ts"
import { printSubscription } from "../../subscription-table.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> => {
  const name = text(options, "name")
  const settings = { ...readSettings(options), ...(name !== undefined && { name }) }
  if (Object.keys(settings).length === 0)
    throw new Failure(
      exit_codes.usage,
      "Say what is to change; `wf subscriptions update --help` lists what can.",
    )
  return printSubscription(await connect(options, io).subscriptions.change(id, settings), options, io)
}
