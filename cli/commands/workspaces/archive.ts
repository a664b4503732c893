import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { findWorkspace } from "../../find-workspace.ts"
import type { Io } from "../../io.ts"
import { printWorkspace } from "../../workspace-table.ts"

export const run = async ({ arguments: [slug = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { id } = await findWorkspace(client, slug)
  await confirm(`let nobody do anything in the workspace ${cleanLine(slug)} but read`, options, io)
  return printWorkspace(await client.workspaces.archive(id), options, io)
}
