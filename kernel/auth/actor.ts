import { Problem } from "#kernel/problem/problem.ts"
import { includes, type Permission, permissions, type Role } from "./permissions.ts"

/** Somebody who signed in, in one workspace; or a service of the platform that acts there. */
export type Actor = {
  readonly kind: "user" | "token" | "service"
  readonly user_id: string
  readonly email: string
  readonly workspace_id: string
  readonly role: Role
  /** The session or API token that access can be revoked by. */
  readonly grant_id: string
  /** A token that goes where its holder goes; others act in the workspace they were made in. */
  readonly all_workspaces?: boolean
  /** A token that may do no more than its role, though its holder may. */
  readonly capped?: boolean
  /** A token that is for these alone, of all that its holder may. */
  readonly scopes?: readonly Permission[]
  /** A token whose workers take from these queues alone. */
  readonly queues?: readonly string[]
  /** When a token that doesn't last ends. */
  readonly expires_at?: string
  /** The workspace is archived: what is there may be read, and nothing is done. */
  readonly archived?: boolean
}

/** Somebody who acts for themselves, and not a token that was made for one workspace, or for less than they may. */
export const isPerson = (actor: Actor): boolean =>
  actor.kind === "user" || (actor.all_workspaces === true && !isLimited(actor))

/** A token that was made for less than its holder may. */
export const isLimited = ({
  capped = false,
  scopes,
  queues,
}: Pick<Actor, "capped" | "scopes" | "queues">): boolean =>
  capped || scopes !== undefined || queues !== undefined

/** Refuses whoever isn't one. */
export const refuseBound = (actor: Actor): void => {
  if (!isPerson(actor)) throw new Problem("workspace.bound_token")
}

/** Refuses who may not. The first line of every use-case. */
export const allow = (actor: Actor, permission: Permission): void => {
  if (actor.archived && !permission.endsWith(".read")) throw new Problem("workspace.archived")
  if (actor.scopes && !actor.scopes.includes(permission)) {
    throw new Problem("auth.forbidden", {
      detail: `Your token is not for \`${permission}\`: its scopes leave that out.`,
    })
  }
  if (includes(actor.role, permission)) return
  const allowed: readonly Role[] = permissions[permission]
  throw new Problem("auth.forbidden", {
    detail: `Your role \`${actor.role}\` does not include \`${permission}\`; ${allowed.map((role) => `\`${role}\``).join(", ")} do.`,
  })
}

/** Refuses what is of other queues than those that a token is for. */
export const allowQueues = ({ queues: own }: Actor, wanted: readonly string[]): void => {
  const outside = own ? wanted.filter((queue) => !own.includes(queue)) : []
  if (!own || outside.length === 0) return
  throw new Problem("auth.other_queue", {
    detail: `Your token is for ${named(own)}, and not for ${named(outside)}.`,
  })
}

const named = (queues: readonly string[]): string =>
  `${queues.length === 1 ? "queue" : "queues"} ${queues.map((queue) => `\`${queue}\``).join(", ")}`
