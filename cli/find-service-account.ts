import type { Client, ServiceAccount } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { workspaceHere } from "./find-workspace.ts"

export type Here = { readonly workspace_id: string; readonly account: ServiceAccount }

/** One of the present workspace, by its name or id. */
export const findServiceAccount = async (client: Client, who: string): Promise<Here> => {
  const { id: workspace_id } = await workspaceHere(client)
  for await (const account of client.workspaces.serviceAccounts.all(workspace_id))
    if (account.name === who || account.id === who) return { workspace_id, account }
  throw new Failure(
    exit_codes.not_found,
    `There is no service account \`${cleanLine(who)}\` here. \`wf service-accounts list\` shows them.`,
  )
}
