import { Problem } from "#kernel/problem/problem.ts"
import { type Permission, permissions, type Role } from "./permissions.ts"

/** Somebody who signed in, in one workspace; or a service of the platform that acts there. */
export type Actor = {
  readonly kind: "user" | "token" | "service"
  readonly user_id: string
  readonly email: string
  readonly workspace_id: string
  readonly role: Role
  /** The session or API token that access can be revoked by. */
  readonly grant_id: string
}

/** Refuses who may not. The first line of every use-case. */
export const allow = (actor: Actor, permission: Permission): void => {
  const allowed: readonly Role[] = permissions[permission]
  if (allowed.includes(actor.role)) return
  throw new Problem("auth.forbidden", {
    detail: `Your role \`${actor.role}\` does not include \`${permission}\`; ${allowed.map((role) => `\`${role}\``).join(", ")} do.`,
  })
}
