import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printRetention } from "../../retention-table.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const { history, artifacts } = connect(options, io)
  const { retention } = flag(options, "artifacts") ? artifacts : history
  return printRetention(await retention(), options, io)
}
