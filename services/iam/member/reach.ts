import { type Actor, isPerson } from "#kernel/auth/actor.ts"
import { includes, isAbove, isPermission, permissions, type Role } from "#kernel/auth/permissions.ts"
import { Problem } from "#kernel/problem/problem.ts"

export const refuseAbove = (own: Role, role: Role): void => {
  if (isAbove(role, own))
    throw new Problem("member.above", { detail: `\`${role}\` is above your own role, \`${own}\`.` })
}

const forbidden = (detail: string) => new Problem("auth.forbidden", { detail })

/**
 * Who lets somebody in gives them a role, for good: nobody gives more than they have, and a token that was made for less, or for a
 * while, has no role to give that goes beyond that. A person's own token acts as them.
 */
export const refuseBeyond = (actor: Actor, role: Role): void => {
  refuseAbove(actor.role, role)
  refuseBeyondScopes(actor, role)
  if (actor.queues && includes(role, "worker.run")) {
    throw forbidden(`Your token is for some queues only, and \`${role}\` is for all of them.`)
  }
  refuseEnding(actor)
}

/** Whom it lets in would be there when it is gone. */
export const refuseEnding = (actor: Actor): void => {
  if (actor.expires_at === undefined || isPerson(actor)) return
  throw forbidden(`Your token ends at ${actor.expires_at}, and whom it lets in would stay.`)
}

const refuseBeyondScopes = ({ scopes }: Actor, role: Role): void => {
  if (!scopes) return
  const beyond = Object.keys(permissions)
    .filter(isPermission)
    .find((permission) => includes(role, permission) && !scopes.includes(permission))
  if (beyond === undefined) return
  throw forbidden(`\`${role}\` includes \`${beyond}\`, which your token's scopes leave out.`)
}
