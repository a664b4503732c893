import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printRetention } from "../../retention-table.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> =>
  printRetention(await connect(options, io).history.retention(), options, io)
