import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

const usual_limit = 20

export const run = (given: Given, io: Io): Promise<number> => {
  const [name = ""] = given.arguments
  const { schedules } = connect(given.options, io)
  const status = text(given.options, "status")
  const filter = status === undefined ? {} : { status }
  const limit = readNumber("--limit", text(given.options, "limit")) ?? usual_limit
  return printList(
    given,
    {
      columns: [
        { title: "due", full: (row) => row.fire_at },
        { title: "kind", full: (row) => row.kind },
        { title: "status", full: (row) => row.status },
        { title: "run", full: (row) => row.run_id ?? "" },
        { title: "why", full: (row) => row.reason ?? "" },
        { title: "until", full: (row) => row.until ?? "" },
      ],
      first: () => schedules.fires(name, { ...filter, limit }),
      all: () => schedules.allFires(name, filter),
      empty: "It was not due yet. `wf schedules next` tells when it will be.",
    },
    io,
  )
}
