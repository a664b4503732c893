import { type Given, text } from "../../command.ts"
import { connection } from "../../connection.ts"
import { hookColumns } from "../../hook-table.ts"
import type { Io } from "../../io.ts"
import { printList } from "../../list.ts"

export const run = (given: Given, io: Io): Promise<number> => {
  const { client, url } = connection(given.options, io)
  const workflow = text(given.options, "workflow")
  const filter = workflow === undefined ? {} : { workflow }
  return printList(
    given,
    {
      columns: hookColumns(url, io.now()),
      first: () => client.hooks.list(filter),
      all: () => client.hooks.all(filter),
      empty: "Nothing begins runs here. Write `triggers:` into a workflow's file and push it.",
    },
    io,
  )
}
