import { json, type Sql } from "#kernel/database/database.ts"
import { putInMailboxes } from "../inbox/put.ts"
import type { Office } from "../office.ts"
import type { SubscriptionRow } from "../subscription/read.ts"
import { setPaused } from "../subscription/turn.ts"
import { deliveryMoves } from "./moves.ts"
import type { Outcome } from "./outcome.ts"
import { type Next, nextFor } from "./retry.ts"
import type { Due } from "./take.ts"

/** An endpoint that has taken nothing for so long when a delivery dies is left alone. */
const patience_h = 12
const max_error_chars = 500

export type Tried = Outcome & { readonly at: Date; readonly took_ms: number }

/** Keeps what was tried, and what comes next of it; a late answer of an attempt that was given up changes nothing else. */
export const settle = async (office: Office, due: Due, tried: Tried): Promise<void> => {
  const next = nextFor(tried, due.tries, office.kit.random())
  await office.database.tx(async (sql) => {
    await insertAttempt(sql, due, tried)
    const was_ours = await moveOn(sql, due, { next, error: tried.error })
    if (!was_ours || due.subscription_id === null || due.channel === "email") return
    const row = await noteHealth(sql, due.subscription_id, tried.delivered)
    if (row && next.move === "bury") await giveUp(office, sql, { row, gone: tried.is_gone ?? false })
  })
  const { id, attempt, channel, workspace_id } = due
  office.measures.attempted({ channel, outcome: outcomes[next.move], took_ms: tried.took_ms })
  office.log.info({
    event: `delivery.${next.move}`,
    id,
    attempt,
    channel,
    workspace_id,
    took_ms: tried.took_ms,
  })
}

const outcomes = { arrive: "delivered", retry: "retried", bury: "dead" } as const

const insertAttempt = (sql: Sql, due: Due, tried: Tried) =>
  sql`
    insert into notification.attempt (delivery_id, number, at, took_ms, outcome, request, response, error)
    select ${due.id}::text::uuid, ${due.attempt}::int, ${tried.at}::timestamptz, ${tried.took_ms}::int,
      ${tried.delivered ? "delivered" : "failed"}, ${json(tried.request)}::text::json,
      ${tried.response === null ? null : json(tried.response)}::text::json, ${tried.error?.slice(0, max_error_chars) ?? null}
    where exists (select from notification.delivery where id = ${due.id}::text::uuid)
    on conflict do nothing`

const statusAfter = ({ move }: Next): string =>
  move === "retry" ? "queued" : (deliveryMoves.after("queued", move) ?? "")

type Moving = { readonly next: Next; readonly error: string | null }

/** A paused subscription's is kept until it goes on. */
const moveOn = async (sql: Sql, { id, attempt }: Due, { next, error }: Moving): Promise<boolean> => {
  const is_over = next.move !== "retry"
  const rows = await sql`
    update notification.delivery
    set status = ${statusAfter(next)}, error = ${error?.slice(0, max_error_chars) ?? null},
      finished_at = case when ${is_over}::boolean then clock_timestamp() end,
      due_at = case when not ${is_over}::boolean and due_at is not null
        then clock_timestamp() + ${next.move === "retry" ? next.wait_ms : 0}::float8 * interval '1 millisecond' end
    where id = ${id}::text::uuid and attempt = ${attempt}::int and status = 'queued'
    returning id`
  return rows.length > 0
}

/** Since when an endpoint has failed without a success between. */
const noteHealth = async (sql: Sql, id: string, delivered: boolean): Promise<SubscriptionRow | undefined> => {
  const [row] = await sql<SubscriptionRow>`
    update notification.subscription
    set failing_since = case when ${delivered}::boolean then null else coalesce(failing_since, clock_timestamp()) end
    where id = ${id}::text::uuid and (not ${delivered}::boolean or failing_since is not null)
    returning *`
  return row
}

const isHopeless = ({ failing_since }: SubscriptionRow, now: Date): boolean =>
  failing_since !== null && now.getTime() - failing_since.getTime() >= patience_h * 3_600_000

type GivingUp = { readonly row: SubscriptionRow; readonly gone: boolean }

/** Its owner is told where nothing can fail to arrive. */
const giveUp = async (office: Office, sql: Sql, { row, gone }: GivingUp): Promise<void> => {
  if (!gone && !isHopeless(row, office.kit.now())) return
  const reason = gone
    ? "It answered 410: nobody is there any more."
    : `It has taken nothing for at least ${patience_h} hours, and a delivery was given up.`
  if (!(await setPaused(sql, row.id, reason))) return
  const { workspace_id, created_by, user_id, name, shown, id } = row
  const title = `Your subscription ${name} was paused`
  const body = `${shown} keeps failing. ${reason}\nwf subscriptions resume ${id}\nwf deliveries redeliver --subscription ${id}`
  const mailing = { workspace_id, user_id: user_id ?? created_by, delivery_id: id }
  const content = { type: "subscription.paused", title, body, link: `/api/v1/subscriptions/${id}` }
  await putInMailboxes(sql, { mailings: [{ ...mailing, content }], streams: office.streams })
}
