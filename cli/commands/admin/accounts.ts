import { accountColumns } from "../../account-table.ts"
import { flag, type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const { accounts } = connect(given.options, io)
  const email = text(given.options, "email")
  const filter = {
    ...(email !== undefined && { email }),
    ...(flag(given.options, "suspended") && { suspended: true }),
  }
  return printList(
    given,
    {
      columns: accountColumns(io.now()),
      first: () => accounts.list(filter),
      all: () => accounts.all(filter),
      empty: "No such accounts.",
    },
    io,
  )
}
