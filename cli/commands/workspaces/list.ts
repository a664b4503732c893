import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"
import { workspaceColumns } from "../../workspace-table.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { workspaces } = connect(given.options, io)
  return printList(
    given,
    {
      columns: workspaceColumns(io.now()),
      first: () => workspaces.list(),
      all: () => workspaces.all(),
      empty: "No workspaces. `wf workspaces create NAME` makes one.",
    },
    io,
  )
}
