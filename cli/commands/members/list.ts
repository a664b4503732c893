import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { workspaceHere } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { memberColumns } from "../../member-table.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const client = connect(given.options, io)
  const { id } = await workspaceHere(client)
  const { members } = client.workspaces
  return printList(
    given,
    {
      columns: memberColumns(io.now()),
      first: () => members.list(id),
      all: () => members.all(id),
      empty: "No members.",
    },
    io,
  )
}
