import type { Actor } from "#kernel/auth/actor.ts"
import type { Approval, Decision } from "./waits.ts"

/** Who may: the named, and members with one of the roles. */
export const mayDecide = ({ roles, people }: Approval, actor: Actor): boolean =>
  roles.includes(actor.role) || people.includes(actor.email.toLowerCase())

/** Each person counts once: what somebody says later is what they say. */
export const withDecision = (approval: Approval, decision: Decision): Approval => ({
  ...approval,
  decisions: [...approval.decisions.filter(({ user_id }) => user_id !== decision.user_id), decision],
})

/** Undefined while more have to agree. One who rejects is enough. */
export const outcomeOf = ({ decisions, approvals }: Approval): boolean | undefined => {
  if (decisions.some(({ approved }) => !approved)) return false
  return decisions.length >= approvals ? true : undefined
}

type Outcome = { readonly approved: boolean; readonly why: string }

export const decided = ({ decisions }: Approval, { approved, why }: Outcome) => {
  const outputs = {
    approved,
    decisions: decisions.map(({ by, at, approved: agreed, comment }) => ({
      by,
      at,
      approved: agreed,
      comment,
    })),
  }
  if (approved) return { status: "completed", outputs } as const
  const error = { code: "approval.rejected", message: `It was rejected: ${why}.` }
  return { status: "failed", outputs, error } as const
}
