import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printQueue } from "../../queue-table.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> =>
  printQueue(await connect(options, io).queues.pause(name), options, io)
