import { list, type Sql } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { runId } from "#language/run-id.ts"
import type { Firing } from "../fire/clock.ts"
import { noteLast } from "./last.ts"
import { leaveRoom, recentRuns } from "./rate.ts"
import { type Refused, refusalOf } from "./refuse.ts"
import { type Listener, toldOf, whenOf } from "./told.ts"

export type Followed = Listener & {
  readonly event_id: string
  readonly trigger_id: string
  /** How many triggers in a row have led to it, with this one. */
  readonly depth: number
}

/** An event and a trigger that waits for such; with why it begins nothing, if so. */
export type Judged = {
  readonly row: Followed
  /** What is kept of the event for it. */
  readonly told: string
  readonly refused?: Refused | undefined
}

/** Writes down which runs are to begin at what happened: once for each event, however often it is told. */
export const followEvents =
  ({ database, kit }: Pick<Firing, "database" | "kit">) =>
  async (events: readonly Envelope[]): Promise<boolean> => {
    const happened = new Map(events.filter(hasWorkspace).map((event) => [event.id, event]))
    if (happened.size === 0) return false
    return database.tx(async (sql) => {
      const followed = await findFollowing(sql, [...happened.values()])
      if (followed.length === 0) return false
      const found = followed.map((row): Judged => {
        const event = happened.get(row.event_id)
        if (!event) throw new Error("an event that nobody told was followed")
        const told = toldOf(row.settings, event)
        const refused = refusalOf(row, told)
        // Of the many that are refused, which may be large, nothing is held on to.
        return refused ? { row, told: "", refused } : { row, told: told.text }
      })
      const judged = leaveRoom(found, await recentRuns(sql, found))
      const due = judged.filter(({ refused }) => refused === undefined)
      await insertTriggered(
        sql,
        due.map((one) => ({ ...one, run_id: runId(kit.id()) })),
      )
      const notes = judged.flatMap(({ row: { trigger_id }, refused }) =>
        refused ? [{ trigger_id, ...refused, run_id: null }] : [],
      )
      await noteLast(sql, notes)
      return due.length > 0
    })
  }

type Told = Extract<Envelope, { data: { workspace_id: string } }>

const hasWorkspace = (event: Envelope): event is Told => "workspace_id" in event.data

/** Sequences and drafts have names, too, but are no workflow's versions: their ends begin nothing by that name. */
const endOf = (event: Told) =>
  event.type === "workflow.completed" && event.data.version > 0 ? event.data : undefined

/** A part counts as its whole, where that is told. */
const runOf = ({ data }: Told): string | null => {
  if ("whole_run_id" in data && data.whole_run_id !== undefined) return data.whole_run_id
  return "run_id" in data ? data.run_id : null
}

const findFollowing = (sql: Sql, told: readonly Told[]) =>
  sql<Followed>`
    select told.event_id, trigger.id as trigger_id, trigger.name, settings, coalesce(before.depth, 0) + 1 as depth
    from unnest(
      ${list(told.map(({ id }) => id))}::text::uuid[],
      ${list(told.map(({ type }) => type))}::text::text[],
      ${list(told.map(({ data }) => data.workspace_id))}::text::uuid[],
      ${list(told.map((event) => endOf(event)?.workflow ?? null))}::text::text[],
      ${list(told.map((event) => endOf(event)?.status ?? null))}::text::text[],
      ${list(told.map(runOf))}::text::uuid[],
      ${list(told.map(whenOf))}::text::timestamptz[]
    ) as told (event_id, type, workspace_id, workflow, status, run_id, at)
      join workflow.trigger on trigger.workspace_id = told.workspace_id and trigger.event = told.type
        and (upstream is null or upstream = told.workflow and told.status = any(statuses))
        and trigger.created_at <= told.at
      join workflow.workflow on workflow.id = trigger.workflow_id and workflow.archived_at is null
      left join workflow.triggered as before on before.run_id = told.run_id
    for key share of trigger`

type NewTriggered = Judged & { readonly run_id: string }

/** Rounds ask in whole milliseconds: a finer time would be passed over by the one that is woken for it. */
const insertTriggered = (sql: Sql, rows: readonly NewTriggered[]) =>
  sql`
    insert into workflow.triggered (trigger_id, event_id, ended, run_id, depth, status, look_at)
    select trigger_id, event_id, told::json, run_id, depth, 'starting', date_trunc('milliseconds', clock_timestamp())
    from unnest(
      ${list(rows.map(({ row }) => row.trigger_id))}::text::uuid[],
      ${list(rows.map(({ row }) => row.event_id))}::text::uuid[],
      ${list(rows.map(({ told }) => told))}::text::text[],
      ${list(rows.map(({ run_id }) => run_id))}::text::uuid[],
      ${list(rows.map(({ row }) => row.depth))}::text::int[]
    ) as given (trigger_id, event_id, told, run_id, depth)
    on conflict (trigger_id, event_id) do nothing`
