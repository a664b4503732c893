import { list } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import { blank, type Fact, isPart } from "../event/fact.ts"
import type { Office } from "../office.ts"

type Started = Envelope<"workflow.started">
type Ended = Envelope<"workflow.completed">

const isStart = (event: Envelope): event is Started => event.type === "workflow.started"
const isEnd = (event: Envelope): event is Ended => event.type === "workflow.completed"

/** One for each subscription that a run may become too slow for; when it is over decides `fireWatches`, or the run's end. */
export const watchRuns = async ({ database }: Office, events: readonly Envelope[]): Promise<void> => {
  const runs = events.filter(isStart).map(({ data }) => data)
  if (runs.length === 0) return
  const parts = runs.map(isPart)
  await database.run(
    (sql) => sql`
      insert into notification.watch (subscription_id, run_id, workspace_id, workflow, started_at, due_at)
      select subscription.id, run.id, run.workspace_id, run.workflow, run.started_at,
        run.started_at + longer_than_ms * interval '1 millisecond'
      from unnest(
          ${list(runs.map(({ run_id }) => run_id))}::text::uuid[], ${list(runs.map(({ workspace_id }) => workspace_id))}::text::uuid[],
          ${list(runs.map(({ workflow }) => workflow))}::text::text[], ${list(runs.map(({ started_at }) => started_at))}::text::timestamptz[],
          ${list(parts)}::text::boolean[]
        ) as run (id, workspace_id, workflow, started_at, is_part)
        join notification.subscription on subscription.workspace_id = run.workspace_id
      where source = 'made' and 'run.slow' = any(events) and paused_at is null and longer_than_ms is not null
        and run.started_at >= counts_from
        and (cardinality(workflows) + cardinality(tags) = 0 or run.workflow = any(workflows) or cardinality(tags) > 0)
        and (not run.is_part or run.workflow = any(workflows))
      on conflict do nothing`,
  )
}

export type WatchRow = {
  readonly subscription_id: string
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly due_at: Date
  readonly longer_than_ms: string
}

/** A run is slow for a subscription once: whoever notices it first, it is the same event. */
const slowFact = ({ run_id, workspace_id, workflow, due_at, longer_than_ms }: WatchRow): Fact => ({
  ...blank,
  event_id: derivedId(run_id, `run.slow ${longer_than_ms}`),
  kind: "run.slow",
  at: due_at.toISOString(),
  longer_than_ms: Number(longer_than_ms),
  ...{ workspace_id, workflow, run_id },
})

/** Runs that have ended, and took too long: those of whom nobody has noticed it meanwhile. */
export const lateFacts = async (
  { database }: Office,
  events: readonly Envelope[],
): Promise<readonly Fact[]> => {
  const runs = events.filter(isEnd).map(({ data }) => data)
  if (runs.length === 0) return []
  const rows = await database.run(
    (sql) => sql<WatchRow>`
      select subscription_id, run_id, watch.workspace_id, workflow, due_at, longer_than_ms
      from unnest(
          ${list(runs.map(({ run_id }) => run_id))}::text::uuid[], ${list(runs.map(({ finished_at }) => finished_at))}::text::timestamptz[]
        ) as run (id, finished_at)
        join notification.watch on run_id = run.id
        join notification.subscription on subscription.id = subscription_id
      where due_at <= run.finished_at and longer_than_ms is not null`,
  )
  return uniqueFacts(rows)
}

/** Several subscriptions may have the same bound. */
export const uniqueFacts = (rows: readonly WatchRow[]): readonly Fact[] => [
  ...new Map(rows.map(slowFact).map((fact) => [fact.event_id, fact])).values(),
]

/** After all was told that is to be told of them. */
export const endWatches = async ({ database }: Office, events: readonly Envelope[]): Promise<void> => {
  const ids = events.filter(isEnd).map(({ data }) => data.run_id)
  if (ids.length === 0) return
  await database.run(
    (sql) => sql`delete from notification.watch where run_id = any(${list(ids)}::text::uuid[])`,
  )
}
