import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { scheduleColumns } from "../../schedule-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { schedules } = connect(given.options, io)
  const workflow = text(given.options, "workflow")
  const filter = workflow === undefined ? {} : { workflow }
  return printList(
    given,
    {
      columns: scheduleColumns(io.now()),
      first: () => schedules.list(filter),
      all: () => schedules.all(filter),
      empty: "No schedules. Write `schedule:` into a workflow's file, or use `wf schedules create`.",
    },
    io,
  )
}
