import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printSchedule } from "../../schedule-table.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> =>
  printSchedule(await connect(options, io).schedules.resume(name), options, io)
