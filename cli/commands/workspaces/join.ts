import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printWorkspace } from "../../workspace-table.ts"

/** The invitation's token comes from stdin or the line; it is good for one person, once. */
export const run = async ({ arguments: [given], options }: Given, io: Io): Promise<number> => {
  const token = (given ?? (await io.readStdin())).trim()
  if (token === "")
    throw new Failure(exit_codes.usage, "Give the invitation's token: `wf workspaces join TOKEN`.")
  const joined = await connect(options, io).workspaces.accept(token)
  io.note(`You are in, as ${joined.role}. \`wf workspaces use ${joined.slug}\` goes there.`)
  return printWorkspace(joined, options, io)
}
