import { list, type Sql } from "#kernel/database/database.ts"
import { interpolate } from "#language/expressions.ts"
import { beginDecided, max_starts, type Outcome } from "../run/begin-decided.ts"
import type { Firing } from "./clock.ts"
import { fireMoves } from "./moves.ts"

/** Begins the runs that schedules have decided on. True when there is more. */
export const startFires = (firing: Firing): (() => Promise<boolean>) =>
  beginDecided(firing, { take: takeStarting, requestOf, save: saveOutcomes })

type Starting = {
  readonly schedule_id: string
  readonly schedule: string
  readonly fire_at: Date
  readonly kind: string
  readonly run_id: string
  readonly decided_at: Date
  readonly workspace_id: string
  readonly workflow: string
  readonly inputs: Readonly<Record<string, unknown>>
}

const requestOf = (fire: Starting) => ({
  ...{ workspace_id: fire.workspace_id, workflow: fire.workflow, version: undefined, inputs: inputsOf(fire) },
  idempotency_key: `schedule ${fire.schedule_id} ${fire.fire_at.toISOString()}`,
  traceparent: undefined,
  rerun: undefined,
  happened: happenedOf(fire),
  automatic: {
    trigger: fire.kind === "backfill" ? "backfill" : "schedule",
    run_id: fire.run_id,
    at: fire.fire_at,
  },
})

/** Everything in them is as of the time that was due, however late it is now. */
const inputsOf = (fire: Starting): unknown =>
  interpolate(fire.inputs, { now: fire.fire_at.toISOString(), trigger: happenedOf(fire) })

const happenedOf = ({ schedule, fire_at }: Starting) => ({
  ...{ type: "schedule", name: schedule, scheduled_at: fire_at.toISOString() },
})

const takeStarting = (sql: Sql, now: string, held_until: string) =>
  sql<Starting>`
    update workflow.fire
    set look_at = ${held_until}::text::timestamptz
    from workflow.schedule join workflow.workflow on workflow.id = schedule.workflow_id
    where schedule.id = schedule_id and (schedule_id, fire_at) in (
        select schedule_id, fire_at from workflow.fire
        where look_at <= ${now}::text::timestamptz
          and status = any(${list(fireMoves.from("accept"))}::text::text[])
        order by look_at
        limit ${max_starts}::int
        for update skip locked
      )
    returning schedule_id, schedule.name as schedule, fire_at, kind, run_id, decided_at, schedule.workspace_id,
      workflow.name as workflow, inputs`

const statuses = { started: "started", skipped: "skipped", failed: "failed", again: "starting" } as const

const saveOutcomes = (sql: Sql, outcomes: readonly Outcome<Starting>[], again_at: string) =>
  sql`
    update workflow.fire
    set status = given.status, reason = given.reason, look_at = given.look_at, run_id = given.run_id,
      active = active and given.run_id is not null
    from unnest(
      ${list(outcomes.map(({ decided }) => decided.schedule_id))}::text::uuid[],
      ${list(outcomes.map(({ decided }) => decided.fire_at.toISOString()))}::text::timestamptz[],
      ${list(outcomes.map(({ status }) => statuses[status]))}::text::text[],
      ${list(outcomes.map((one) => ("reason" in one ? one.reason : null)))}::text::text[],
      ${list(outcomes.map(({ status }) => (status === "again" ? again_at : null)))}::text::timestamptz[],
      ${list(outcomes.map(runIdOf))}::text::uuid[]
    ) as given (schedule_id, fire_at, status, reason, look_at, run_id)
    where fire.schedule_id = given.schedule_id and fire.fire_at = given.fire_at
      and fire.status = any(${list(fireMoves.from("accept"))}::text::text[])`

const runIdOf = (one: Outcome<Starting>): string | null => {
  if (one.status === "started") return one.run_id
  return one.status === "again" ? one.decided.run_id : null
}
