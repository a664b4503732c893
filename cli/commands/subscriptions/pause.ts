import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printSubscription } from "../../subscription-table.ts"

export const run = async ({ arguments: [id = ""], options }: Given, io: Io): Promise<number> =>
  printSubscription(await connect(options, io).subscriptions.pause(id), options, io)
