import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const { user, workspace } = await client.identity.me()
  await confirm(`end your membership of ${cleanLine(workspace.slug)}`, options, io)
  await client.workspaces.members.remove(workspace.id, user.id)
  io.note(`You have left ${cleanLine(workspace.slug)}.`)
  return exit_codes.done
}
