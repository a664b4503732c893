import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Webhook } from "./signature.ts"

/** What a webhook takes: so many requests a second, and so many at once after it has rested. */
const per_second = 10
const max_burst = 100

export type Hook = {
  readonly id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly name: string
  readonly settings: Webhook
}

/** Whose address it is, and whether the request has its turn there, whichever process it came to. */
export const takeTurn = async (
  sql: Sql,
  token_hash: string,
): Promise<(Hook & { readonly has_turn: boolean }) | undefined> => {
  const [row] = await sql<Hook & { has_turn: boolean }>`
    with hook as (
      select trigger.id, trigger.workspace_id, workflow.name as workflow, trigger.name, settings
      from workflow.trigger join workflow.workflow on workflow.id = workflow_id
      where token_hash = ${token_hash} and archived_at is null
    ), turn as (
      update workflow.trigger
      set turn_at = greatest(turn_at, clock_timestamp()) + ${1 / per_second}::float8 * interval '1 second'
      from hook
      where trigger.id = hook.id
        and (turn_at is null
          or turn_at <= clock_timestamp() + ${(max_burst - 1) / per_second}::float8 * interval '1 second')
      returning trigger.id
    )
    select hook.*, turn.id is not null as has_turn from hook left join turn using (id)`
  return row
}

export const tooMany = (): Problem =>
  new Problem("hook.too_many", {
    detail: `A webhook takes ${per_second} requests a second, and up to ${max_burst} at once after a pause.`,
    retry_after_s: 1,
  })
