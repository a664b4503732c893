import { json, list, type Sql } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { runId } from "#language/run-id.ts"
import type { Firing } from "../fire/clock.ts"
import { noteLast } from "./last.ts"

/** Triggers that lead to each other would go round for ever: so many in a row begin runs. A part counts as its whole. */
const max_depth = 10

type Ended = Extract<Envelope, { type: "workflow.completed" }>

type Followed = {
  readonly event_id: string
  readonly trigger_id: string
  readonly depth: number
}

/** Writes down which runs are to begin at the ends of others: once for each end, however often it is told. */
export const followRuns =
  ({ database, kit }: Pick<Firing, "database" | "kit">) =>
  async (events: readonly Envelope[]): Promise<boolean> => {
    const ended = new Map(events.filter(isEnded).map((event) => [event.id, event]))
    if (ended.size === 0) return false
    return database.tx(async (sql) => {
      const followed = await findFollowing(sql, [...ended.values()])
      if (followed.length === 0) return false
      const rows = followed.map((row) => ({
        ...row,
        run_id: runId(kit.id()),
        ended: json(toldOf(ended.get(row.event_id))),
        status: row.depth > max_depth ? "skipped" : "starting",
      }))
      await insertTriggered(sql, rows)
      const reason = `its run would be number ${max_depth + 1} in a row that triggers have begun: the workflows begin each other`
      const skipped = rows.filter(({ status }) => status === "skipped")
      await noteLast(
        sql,
        skipped.map(({ trigger_id }) => ({ trigger_id, status: "skipped", reason, run_id: null })),
      )
      return true
    })
  }

/** Sequences and drafts have names, too, but are no workflow's versions. */
const isEnded = (event: Envelope): event is Ended =>
  event.type === "workflow.completed" && event.data.version > 0

/** What expressions read of it as `trigger.run`. */
const toldOf = (event: Ended | undefined) => {
  if (!event) throw new Error("an end that nobody told was followed")
  const { run_id, workflow, version, status, reason, started_at, finished_at } = event.data
  return { id: run_id, workflow, version, status, reason, started_at, finished_at }
}

const findFollowing = (sql: Sql, ended: readonly Ended[]) =>
  sql<Followed>`
    select ended.event_id, trigger.id as trigger_id, coalesce(before.depth, 0) + 1 as depth
    from unnest(
      ${list(ended.map(({ id }) => id))}::text::uuid[],
      ${list(ended.map(({ data }) => data.workspace_id))}::text::uuid[],
      ${list(ended.map(({ data }) => data.workflow))}::text::text[],
      ${list(ended.map(({ data }) => data.status))}::text::text[],
      ${list(ended.map(({ data }) => data.whole_run_id ?? data.run_id))}::text::uuid[],
      ${list(ended.map(({ data }) => data.finished_at))}::text::timestamptz[]
    ) as ended (event_id, workspace_id, workflow, status, whole_run_id, finished_at)
      join workflow.trigger on trigger.workspace_id = ended.workspace_id and trigger.upstream = ended.workflow
        and ended.status = any(trigger.statuses) and trigger.created_at <= ended.finished_at
      join workflow.workflow on workflow.id = trigger.workflow_id and workflow.archived_at is null
      left join workflow.triggered as before on before.run_id = ended.whole_run_id
    for key share of trigger`

type NewTriggered = Followed & { readonly run_id: string; readonly ended: string; readonly status: string }

/** Rounds ask in whole milliseconds: a finer time would be passed over by the one that is woken for it. */
const insertTriggered = (sql: Sql, rows: readonly NewTriggered[]) =>
  sql`
    insert into workflow.triggered (trigger_id, event_id, ended, run_id, depth, status, look_at)
    select trigger_id, event_id, ended::json, run_id, depth, status,
      case when status = 'starting' then date_trunc('milliseconds', clock_timestamp()) end
    from unnest(
      ${list(rows.map(({ trigger_id }) => trigger_id))}::text::uuid[],
      ${list(rows.map(({ event_id }) => event_id))}::text::uuid[],
      ${list(rows.map(({ ended }) => ended))}::text::text[],
      ${list(rows.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(rows.map(({ depth }) => depth))}::text::int[],
      ${list(rows.map(({ status }) => status))}::text::text[]
    ) as given (trigger_id, event_id, ended, run_id, depth, status)
    on conflict (trigger_id, event_id) do nothing`
