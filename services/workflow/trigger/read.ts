import type { Sql } from "#kernel/database/database.ts"
import type { Trigger } from "#language/schedule.ts"
import type { Hook } from "./shape.ts"
import { schemeOf } from "./signature.ts"
import type { HookTokens } from "./token.ts"

export type HookRow = {
  readonly id: string
  readonly workflow: string
  readonly name: string
  readonly type: Trigger["type"]
  readonly settings: Trigger
  readonly token_box: Uint8Array | null
  readonly upstream: string | null
  readonly archived: boolean
  readonly last_at: Date | null
  readonly last_status: NonNullable<Hook["last"]>["status"] | null
  readonly last_reason: string | null
  readonly last_run_id: string | null
  readonly created_at: Date
  readonly updated_at: Date
}

export const hookOf = async (tokens: HookTokens, row: HookRow): Promise<Hook> => {
  const { id, settings, last_at, last_status } = row
  const token = row.token_box ? await tokens.open(id, row.token_box) : undefined
  const secret = settings.type === "webhook" ? (settings.secret ?? null) : null
  const last =
    last_at === null || last_status === null
      ? null
      : { at: last_at.toISOString(), status: last_status, reason: row.last_reason, run_id: row.last_run_id }
  return {
    ...{ id, workflow: row.workflow, name: row.name, type: row.type },
    path: token === undefined ? null : `/hooks/${token}`,
    secret,
    scheme: settings.type === "webhook" && secret !== null ? schemeOf(settings) : null,
    upstream: row.upstream,
    event: settings.type === "event" ? settings.event : null,
    workflow_archived: row.archived,
    last,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

export type HooksFilter = {
  readonly workspace_id: string
  readonly workflow: string | null
  /** Only this one of its workflow. */
  readonly name: string | null
  readonly after: { readonly workflow: string; readonly name: string } | null
  readonly limit: number
}

/** By their workflows and names. */
export const readHooks = (sql: Sql, filter: HooksFilter): Promise<readonly HookRow[]> =>
  sql<HookRow>`
    select trigger.*, workflow.name as workflow, archived_at is not null as archived
    from workflow.trigger join workflow.workflow on workflow.id = workflow_id
    where trigger.workspace_id = ${filter.workspace_id}::text::uuid
      and (${filter.workflow}::text is null or workflow.name = ${filter.workflow}::text)
      and (${filter.name}::text is null or trigger.name = ${filter.name}::text)
      and (${filter.after?.workflow ?? null}::text is null
        or (workflow.name, trigger.name) > (${filter.after?.workflow ?? null}::text, ${filter.after?.name ?? null}::text))
    order by workflow.name, trigger.name
    limit ${filter.limit}::int`
