import { isRole, type Role, roles } from "#kernel/auth/permissions.ts"
import { recent } from "#kernel/service/recent.ts"

export type Member = { readonly user_id: string; readonly email: string; readonly role: Role }

type Listed = { readonly user_id: string; readonly email: string; readonly role: string }

/** A page of a workspace's people, behind the one with this id. */
export type AskMembers = (
  workspace_id: string,
  after: string,
) => Promise<{ readonly members: readonly Listed[]; readonly more: boolean }>

/** Who is in a workspace, as of a moment ago. */
export type Members = (workspace_id: string) => Promise<readonly Member[]>

/** Who was removed a moment ago may be told of what happened a moment ago. */
const fresh_ms = 1_000
const max_workspaces = 1_000

const isMember = (one: Listed): one is Member => isRole(one.role)

export const createMembers = (ask: AskMembers): Members => {
  const known = recent<{ readonly at_ms: number; readonly members: Promise<readonly Member[]> }>(
    max_workspaces,
  )

  const read = async (workspace_id: string): Promise<readonly Member[]> => {
    const found: Member[] = []
    for (let after = "", more = true; more; ) {
      const answer = await ask(workspace_id, after)
      found.push(...answer.members.filter(isMember))
      after = answer.members.at(-1)?.user_id ?? ""
      more = answer.more
    }
    return found
  }

  return (workspace_id) => {
    const kept = known.get(workspace_id)
    if (kept && performance.now() - kept.at_ms < fresh_ms) return kept.members
    const members = read(workspace_id)
    known.keep(workspace_id, { at_ms: performance.now(), members })
    // A failure is nobody's answer but theirs who waited for it.
    members.catch(() => known.forget(workspace_id))
    return members
  }
}

type Asked = { readonly roles: readonly string[]; readonly people: readonly string[] }

/** Whom an approval waits for: the named, and members with one of the roles or one above it, as the scheduler has it. */
export const audienceOf = (
  members: readonly Member[],
  { roles: asked, people }: Asked,
): readonly Member[] => {
  const named = new Set(people.map((address) => address.toLowerCase()))
  const ranks = asked.filter(isRole).map((role) => roles.indexOf(role))
  return members.filter(
    ({ role, email }) => ranks.some((rank) => roles.indexOf(role) >= rank) || named.has(email.toLowerCase()),
  )
}
