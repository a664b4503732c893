import { list, type Sql } from "#kernel/database/database.ts"
import type { SubscriptionRow } from "../subscription/read.ts"
import type { Fact } from "./fact.ts"

export type Match = { readonly fact: Fact; readonly subscription: SubscriptionRow }

type Row = SubscriptionRow & { readonly place: number }

/**
 * Who may want to hear of these facts, by one statement for all of them. A subscription that names tags is asked about
 * further, and so is whether a person is still there. What happened before it was made is nothing to it; the usual ones
 * weren't made, and don't reach back for long either.
 */
export const matchFacts = async (sql: Sql, facts: readonly Fact[]): Promise<readonly Match[]> => {
  if (facts.length === 0) return []
  const rows = await sql<Row>`
    select fact.place, subscription.*
    from unnest(
        ${list(facts.map(({ workspace_id }) => workspace_id))}::text::uuid[], ${list(facts.map(({ kind }) => kind))}::text::text[],
        ${list(facts.map(({ workflow }) => workflow))}::text::text[], ${list(facts.map(({ is_part }) => is_part))}::text::boolean[],
        ${list(facts.map(({ at }) => at))}::text::timestamptz[],
        ${list(facts.map((fact) => fact.longer_than_ms))}::text::bigint[]
      ) with ordinality as fact (workspace_id, kind, workflow, is_part, at, bound_ms, place)
      cross join lateral (
        select made.* from notification.subscription as made
        where made.workspace_id = fact.workspace_id and made.source = 'made'
        union all
        select usual.* from notification.subscription as usual
        where usual.workspace_id = fact.workspace_id and usual.source = 'usual' and fact.kind like 'approval.%'
      ) as subscription
    where fact.kind = any(subscription.events) and paused_at is null
      and (fact.bound_ms is null or fact.bound_ms = longer_than_ms)
      and fact.at >= counts_from and (source = 'made' or fact.at >= now() - interval '1 day')
      and (cardinality(workflows) + cardinality(tags) = 0 or fact.workflow = any(workflows) or cardinality(tags) > 0)
      and (not fact.is_part or fact.workflow = any(workflows))
    order by subscription.id, fact.place`
  return rows.flatMap(({ place, ...subscription }) => {
    const fact = facts[Number(place) - 1]
    return fact ? [{ fact, subscription }] : []
  })
}
