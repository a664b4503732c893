import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { findWorkspace } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printWorkspace } from "../../workspace-table.ts"

export const run = async ({ arguments: [slug = "", name = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id } = await findWorkspace(client, slug)
  return printWorkspace(await client.workspaces.rename(id, name), options, io)
}
