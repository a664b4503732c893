import type { Caller } from "#kernel/audit/caller.ts"
import { type Actor, allow, allowQueues, refuseBound } from "#kernel/auth/actor.ts"
import type { Permission, Role } from "#kernel/auth/permissions.ts"
import { invalidRequest } from "#kernel/http/invalid.ts"
import { record } from "../audit/record.ts"
import type { Iam } from "../iam.ts"
import { refuseAbove } from "../member/reach.ts"
import { refuseMore } from "./bound.ts"
import { insertToken } from "./insert.ts"
import type { CreatedToken, NewToken } from "./shape.ts"

/** The caller's own, for the present workspace or, from a person, for all of theirs. Its text is in this answer and nowhere else. */
export const createToken =
  ({ database, kit }: Pick<Iam, "database" | "kit">) =>
  async (
    actor: Caller,
    { name, expires_at, all_workspaces, role, scopes, queues }: NewToken,
  ): Promise<CreatedToken> => {
    allow(actor, "token.manage")
    if (role != null) refuseAbove(actor.role, role)
    if (all_workspaces) refuseBound(actor)
    const chosen = scopesOf(actor, scopes ?? null)
    const ends = endOf(actor, expires_at, kit.now())
    const { user_id, workspace_id } = actor
    const own = { id: kit.id(), user_id, workspace_id, name, expires_at: ends, all_workspaces }
    const wanted = { ...own, queues: queuesOf(actor, queues ?? null) }
    return database.tx(async (sql) => {
      await refuseMore(sql, actor)
      const made = await insertToken(sql, { ...wanted, role: capOf(actor, role ?? null), scopes: chosen })
      const subject = { kind: "token", id: made.id, name }
      const details = {
        role: made.role,
        scopes: made.scopes?.join(" ") ?? null,
        queues: made.queues?.join(" ") ?? null,
        expires_at: made.expires_at,
        all_workspaces,
      }
      await record(sql, actor, { action: "token.created", of: { workspace_id }, subject, details })
      return made
    })
  }

/** A token that may do less than its holder makes none that may do more than itself. */
const capOf = ({ role: own, capped = false }: Actor, role: Role | null): Role | null =>
  capped ? (role ?? own) : role

/** Nobody makes a token for what they may not do themselves; one for some things makes others for these at most. */
export const scopesOf = (
  actor: Actor,
  scopes: readonly Permission[] | null,
): readonly Permission[] | null => {
  for (const scope of scopes ?? []) allow(actor, scope)
  return scopes ?? actor.scopes ?? null
}

/** One that is for some queues makes others for these at most. */
export const queuesOf = (actor: Actor, queues: readonly string[] | null): readonly string[] | null => {
  allowQueues(actor, queues ?? [])
  return queues ?? actor.queues ?? null
}

/** What a token makes ends with it at the latest: whoever has it for a while has nothing of it afterwards. */
export const endOf = (
  { expires_at: own }: Pick<Actor, "expires_at">,
  expires_at: string | null | undefined,
  now: Date,
): Date | null => {
  const last = own === undefined ? null : new Date(own)
  if (expires_at == null) return last
  const ends = new Date(expires_at)
  if (ends > now) return last && last < ends ? last : ends
  throw invalidRequest({ issues: [{ path: ["expires_at"], message: "lies in the past" }] })
}
