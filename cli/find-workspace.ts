import type { Client, Member, Workspace } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

/** One of the caller's own, by its slug. */
export const findWorkspace = async ({ workspaces }: Client, slug: string): Promise<Workspace> => {
  for await (const workspace of workspaces.all()) if (workspace.slug === slug) return workspace
  throw new Failure(
    exit_codes.not_found,
    `You have no workspace \`${cleanLine(slug)}\` here. \`wf workspaces list\` shows those you have.`,
  )
}

/** The one that commands are about when none is named. */
export const workspaceHere = async ({ identity }: Client): Promise<Workspace> =>
  (await identity.me()).workspace

/** A member by their address or id. */
export const findMember = async (client: Client, workspace_id: string, who: string): Promise<Member> => {
  const wanted = who.toLowerCase()
  for await (const member of client.workspaces.members.all(workspace_id))
    if (member.email === wanted || member.user_id === wanted) return member
  throw new Failure(
    exit_codes.not_found,
    `There is no member \`${cleanLine(who)}\` here. \`wf members list\` shows them.`,
  )
}
