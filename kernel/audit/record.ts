import type { Sql } from "#kernel/database/database.ts"
import { emit } from "#kernel/outbox/emit.ts"
import type { ToldAction } from "./actions.ts"
import type { Caller } from "./caller.ts"

/** What was done to what. Never a secret's value, nor anything else that a reader of the log may not see. */
export type Deed = {
  readonly action: ToldAction
  readonly subject: { readonly kind: string; readonly id: string | null; readonly name: string }
  readonly details?: Readonly<Record<string, string | number | boolean | null>>
}

/**
 * Tells identity, which keeps the audit log, if and only if the transaction commits: call it last, as `emit`. What
 * the platform's services do by themselves is nobody's deed.
 */
export const record = async (sql: Sql, caller: Caller, deeds: readonly Deed[]): Promise<void> => {
  const { kind, user_id, email, grant_id, workspace_id, origin } = caller
  if (kind === "service") return
  const by = {
    actor: { kind, id: user_id, email, grant_id },
    of: { workspace_id },
    address: origin?.address ?? null,
    device: origin?.device ?? "",
  }
  await emit(
    sql,
    deeds.map(({ action, subject, details = {} }) => ({
      type: "audit.recorded",
      key: workspace_id,
      data: { ...by, action, subject, details },
    })),
  )
}
