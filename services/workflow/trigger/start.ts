import { list, type Sql } from "#kernel/database/database.ts"
import type { Firing } from "../fire/clock.ts"
import { beginDecided, max_starts, type Outcome } from "../run/begin-decided.ts"
import { noteLast } from "./last.ts"
import { mapTrigger } from "./map.ts"
import { happenedOf, type Listener } from "./told.ts"

type Waiting = {
  readonly trigger_id: string
  readonly event_id: string
  readonly name: string
  readonly settings: Listener["settings"]
  readonly ended: Parameters<typeof happenedOf>[1]
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly decided_at: Date
}

/** Begins the runs that events begin, such as the ends of others. True when there is more. */
export const startTriggered = (firing: Firing): (() => Promise<boolean>) =>
  beginDecided(firing, { take: takeWaiting, requestOf, save: saveOutcomes })

/** Everything in its inputs is as of the time of the event. */
const requestOf = (waiting: Waiting) => {
  const { trigger_id, event_id, settings, ended, run_id, workspace_id, workflow } = waiting
  const happened = happenedOf(waiting, ended)
  const mapped = mapTrigger(settings, happened, happened.at)
  if ("skipped" in mapped) return mapped
  return {
    ...{ workspace_id, workflow, version: undefined, inputs: mapped.inputs },
    idempotency_key: `trigger ${trigger_id} ${event_id}`,
    ...{ traceparent: undefined, rerun: undefined, happened },
    automatic: { trigger: settings.type, run_id, at: new Date(happened.at) },
  }
}

const takeWaiting = (sql: Sql, now: string, held_until: string) =>
  sql<Waiting>`
    update workflow.triggered
    set look_at = ${held_until}::text::timestamptz
    from workflow.trigger join workflow.workflow on workflow.id = trigger.workflow_id
    where trigger.id = trigger_id and (trigger_id, event_id) in (
        select trigger_id, event_id from workflow.triggered
        where look_at <= ${now}::text::timestamptz
        order by look_at
        limit ${max_starts}::int
        for update skip locked
      )
    returning trigger_id, event_id, trigger.name, settings, ended, run_id, trigger.workspace_id,
      workflow.name as workflow, triggered.created_at as decided_at`

const saveOutcomes = async (
  sql: Sql,
  outcomes: readonly Outcome<Waiting>[],
  again_at: string,
): Promise<void> => {
  await sql`
    update workflow.triggered
    set status = coalesce(given.status, triggered.status),
      look_at = case when given.status is null then ${again_at}::text::timestamptz end
    from unnest(
      ${list(outcomes.map(({ decided }) => decided.trigger_id))}::text::uuid[],
      ${list(outcomes.map(({ decided }) => decided.event_id))}::text::uuid[],
      ${list(outcomes.map(({ status }) => (status === "again" ? null : status)))}::text::text[]
    ) as given (trigger_id, event_id, status)
    where triggered.trigger_id = given.trigger_id and triggered.event_id = given.event_id`
  await noteLast(
    sql,
    outcomes.flatMap(({ decided: { trigger_id }, ...became }) => {
      if (became.status === "again") return []
      return [{ trigger_id, reason: null, run_id: null, ...became }]
    }),
  )
}
