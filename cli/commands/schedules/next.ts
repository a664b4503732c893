import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const [name = ""] = given.arguments
  const { schedules } = connect(given.options, io)
  const count = readNumber("--count", text(given.options, "count"))
  return printList(
    given,
    {
      columns: [
        { title: "due", full: (row) => row.fire_at },
        { title: "there", full: (row) => row.local },
        { title: "starts", full: (row) => row.start_at },
      ],
      first: () => schedules.next(name, count),
      empty: "It is never due again.",
    },
    io,
  )
}
