import type { Sql } from "#kernel/database/database.ts"
import { type Last, max_reason_chars } from "./last.ts"
import type { Delivery } from "./shape.ts"

/** The newest of each webhook are kept. */
const max_deliveries = 50

/** Writes down what became of a request, in the place of the oldest one. */
export const noteDelivery = async (sql: Sql, { trigger_id, status, reason, run_id }: Last): Promise<void> => {
  await sql`
    with noted as (
      insert into workflow.delivery (trigger_id, status, reason, run_id)
      values (${trigger_id}::text::uuid, ${status}, ${reason?.slice(0, max_reason_chars) ?? null},
        ${run_id}::text::uuid)
    )
    delete from workflow.delivery
    where trigger_id = ${trigger_id}::text::uuid and id <= (
        select id from workflow.delivery
        where trigger_id = ${trigger_id}::text::uuid
        order by id desc
        offset ${max_deliveries - 1}::int limit 1
      )`
}

/** Of those that are too many, one a second: they are to cost next to nothing. */
export const isFirstRefused = async (sql: Sql, trigger_id: string): Promise<boolean> => {
  const [newest] = await sql<{ recent: boolean }>`
    select reason like 'hook.too_many%' and at > clock_timestamp() - interval '1 second' as recent
    from workflow.delivery
    where trigger_id = ${trigger_id}::text::uuid
    order by id desc
    limit 1`
  return newest?.recent !== true
}

type Row = Omit<Delivery, "at"> & { readonly at: Date }

const deliveryOf = ({ at, ...row }: Row): Delivery => ({ at: at.toISOString(), ...row })

export const readDeliveries = async (sql: Sql, trigger_id: string): Promise<readonly Delivery[]> => {
  const rows = await sql<Row>`
    select at, status, reason, run_id from workflow.delivery
    where trigger_id = ${trigger_id}::text::uuid
    order by id desc
    limit ${max_deliveries}::int`
  return rows.map(deliveryOf)
}

/** Of other triggers: the runs that events have begun, or were to begin. */
export const readTriggered = async (sql: Sql, trigger_id: string): Promise<readonly Delivery[]> => {
  const rows = await sql<Row>`
    select created_at as at, status, null::text as reason, case when status = 'started' then run_id end as run_id
    from workflow.triggered
    where trigger_id = ${trigger_id}::text::uuid and status <> 'starting'
    order by created_at desc
    limit ${max_deliveries}::int`
  return rows.map(deliveryOf)
}
