import type { Office } from "../office.ts"
import { isApproval } from "./kinds.ts"
import type { Match } from "./match.ts"
import { audienceOf, type Member } from "./members.ts"

/** Whom a match is for: a person, or with the workspace's own ones nobody in particular. */
export type Wanted = Match & { readonly member: Member | null }

const namesWorkflow = ({ fact, subscription: { workflows, tags } }: Match): boolean =>
  workflows.length + tags.length === 0 || workflows.includes(fact.workflow ?? "")

/** Those whose tags fit, where neither all workflows are meant nor this one. */
const byTags = async (
  office: Pick<Office, "tagsOf">,
  matches: readonly Match[],
): Promise<readonly Match[]> => {
  const open = matches.filter((match) => !namesWorkflow(match) && match.fact.workflow !== null)
  const fitting = new Set<Match>()
  for (const [workspace_id, some] of Map.groupBy(open, ({ fact }) => fact.workspace_id)) {
    const tags = await office.tagsOf(workspace_id, [...new Set(some.map(({ fact }) => fact.workflow ?? ""))])
    for (const match of some) {
      const own = tags.get(match.fact.workflow ?? "") ?? []
      if (match.subscription.tags.some((tag) => own.includes(tag))) fitting.add(match)
    }
  }
  return matches.filter((match) => namesWorkflow(match) || fitting.has(match))
}

/** One's own subscriptions tell of what is one's own: to decide, or as a ticket that somebody else has touched. */
const concerns = ({ fact: { kind, audience, ticket } }: Match, member: Member): boolean => {
  if (isApproval(kind)) return audience === null || audienceOf([member], audience).length > 0
  return ticket === null || (ticket.people.includes(member.user_id) && ticket.actor_id !== member.user_id)
}

/** Of what may be wanted that which is: by members who are there, of what is theirs to decide, with the right tags. */
export const narrow = async (
  office: Pick<Office, "tagsOf" | "members">,
  matches: readonly Match[],
): Promise<readonly Wanted[]> => {
  const wanted: Wanted[] = []
  for (const match of await byTags(office, matches)) {
    const { user_id, workspace_id } = match.subscription
    if (user_id === null) {
      wanted.push({ ...match, member: null })
      continue
    }
    const member = (await office.members(workspace_id)).find((one) => one.user_id === user_id)
    if (member && concerns(match, member)) wanted.push({ ...match, member })
  }
  return wanted
}
