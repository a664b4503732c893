import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import type { Io } from "../../io.ts"
import { printWorkspace } from "../../workspace-table.ts"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const slug = text(options, "slug")
  const made = await connect(options, io).workspaces.create({ name, ...(slug !== undefined && { slug }) })
  io.note(`Made. \`wf workspaces use ${made.slug}\` goes there.`)
  return printWorkspace(made, options, io)
}
