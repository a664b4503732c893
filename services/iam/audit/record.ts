import { json, type Sql } from "#kernel/database/database.ts"
import { systemKit } from "#kernel/service/kit.ts"
import type { Action } from "./actions.ts"
import type { Caller, Origin } from "./caller.ts"

/** Who did it: somebody signed in, somebody on their way in, or the platform itself. */
export type Doer = {
  readonly kind: Caller["kind"]
  readonly user_id: string | null
  readonly email: string
  readonly grant_id?: string
  readonly origin?: Origin | undefined
}

export type Deed = {
  readonly action: Action
  /** Where it happened, or whose account it is about: those who may read it are others. */
  readonly of: { readonly workspace_id: string } | { readonly account_id: string }
  readonly subject: { readonly kind: string; readonly id: string | null; readonly name: string }
  readonly details?: Readonly<Record<string, string | boolean | null>>
}

const kit = systemKit()

/** Written if, and only if, the change is: it belongs into the same transaction. */
export const record = (sql: Sql, doer: Doer, { action, of, subject, details = {} }: Deed) => {
  const { scope, scope_id } = scopeOf(of)
  const { kind, user_id, email, grant_id, origin } = doer
  return sql`
    insert into iam.audit (id, scope, scope_id, actor_kind, actor_id, actor, grant_id, action,
      subject_kind, subject_id, subject, details, address, device)
    values (${kit.id()}::text::uuid, ${scope}, ${scope_id}::text::uuid, ${kind},
      ${user_id}::text::uuid, ${email}, ${grant_id ?? null}::text, ${action}, ${subject.kind}, ${subject.id}::text,
      ${subject.name}, ${json(details)}::text::json, ${origin?.address ?? null}::text, ${origin?.device ?? ""})`
}

const scopeOf = (of: Deed["of"]) =>
  "workspace_id" in of
    ? { scope: "workspace", scope_id: of.workspace_id }
    : { scope: "account", scope_id: of.account_id }
