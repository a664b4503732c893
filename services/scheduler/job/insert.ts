import { list, listUnlessEmpty, type Sql } from "#kernel/database/database.ts"
import { onlyRow } from "#kernel/database/only-row.ts"
import { outboxText, rowsOf } from "#kernel/outbox/emit.ts"
import { nudge } from "#kernel/outbox/nudge.ts"
import type { NotedLane } from "../lane/lanes.ts"
import { wakeUps } from "../task/ready.ts"
import type { NewJob } from "./prepare.ts"

export type Inserted = {
  readonly count: number
  readonly at: Date
  /** Where they went. */
  readonly lanes: readonly NotedLane[]
  /** Those that are running from the start, and under which token. */
  readonly running: readonly string[] | null
  readonly token: string | null
}

/** A session that is given some of the jobs at once. */
export type Receiver = { readonly session_id: string; readonly ids: ReadonlySet<string> }

/**
 * Jobs, what may be claimed of them, their timers and the wake-up in one statement, so in one round trip and one
 * commit. A key that is taken leaves its row as it is: then `count` is less than what was sent. What has a concurrency
 * key is queued without a place in a lane. What a receiver is given is running from the start, unless its session has
 * ended or its queue was paused or limited just now.
 */
export const insertJobs = async (
  sql: Sql,
  jobs: readonly NewJob[],
  receiver?: Receiver,
): Promise<Inserted> => {
  const { given, shape, limited, lanes, wake, session_id } = listsOf(jobs, receiver)
  const inserted = await sql<Omit<Inserted, "lanes">>`
    with holder as materialized (
      select id, nextval('scheduler.token') as token from scheduler.session where id = ${session_id}::text::uuid and not ended
    ), shape as materialized (
      select shape.*, coalesce(setting.paused or num_nonnulls(setting.concurrency, setting.rate_limit) > 0, false) as held
      from unnest(${shape.numbers}::text::int[], ${shape.workspace_ids}::text::uuid[], ${shape.types}::text::text[],
        ${shape.queues}::text::text[], ${shape.slots}::text::text[], ${shape.priorities}::text::int[],
        ${shape.max_retries}::text::int[], ${shape.settings}::text::text[]
      ) as shape (number, workspace_id, type, queue, slot, priority, max_retries, settings)
      left join scheduler.queue as setting on setting.workspace_id = shape.workspace_id and setting.name = shape.queue
    ), created as (
      insert into scheduler.task_run
        (id, idx, workspace_id, task, type, status, queue, slot, priority, run_at, max_retries, payload,
          idempotency_key, settings, traceparent, gate_key, queued_at, created_at, attempt, token, worker_id, started_at)
      select given.id, 0, workspace_id, type, type,
        case when run_at > now() then 'pending' when holder.id is null then 'queued' else 'running' end, queue, slot,
        priority, run_at, max_retries, payload, key, settings::json, traceparent, gate_key,
        case when run_at > now() then null else now() end, now(), case when holder.id is null then 0 else 1 end,
        holder.token, holder.id, case when holder.id is not null then now() end
      from rows from (
        unnest(${given.ids}::text::uuid[], ${given.numbers}::text::int[], ${given.keys}::text::text[],
          ${given.run_at}::text::timestamptz[], ${given.traceparents}::text::text[], ${given.gate_keys}::text::text[],
          ${given.is_given}::text::boolean[]),
        json_array_elements(${given.payloads}::text::json)
      ) as given (id, number, key, run_at, traceparent, gate_key, is_given, payload)
      join shape using (number) left join holder on is_given and not held
      on conflict (workspace_id, idempotency_key) where idempotency_key is not null do nothing
      returning id, workspace_id, queue, slot, priority, status, run_at, gate_key
    ), readied as (
      insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
      select id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
      from created where status = 'queued' and gate_key is null order by id
    ), started as (
      insert into scheduler.timer (due_at, kind, task_run_id)
      select run_at, 'start', id from created where status = 'pending'
    ), expiring as (
      insert into scheduler.timer (due_at, kind, task_run_id)
      select greatest(run_at, now()) + limit_ms * interval '1 millisecond', 'expire', id
      from unnest(${limited.ids}::text::uuid[], ${limited.run_at}::text::timestamptz[], ${limited.limits_ms}::text::float8[])
        as given (id, run_at, limit_ms) where id in (select id from created)
    ), claimed as (
      insert into scheduler.claim (token, session_id, ids, open)
      select holder.token, holder.id, array_agg(created.id), count(*) from created join holder on status = 'running'
      group by holder.token, holder.id
    ), told as (
      insert into scheduler.outbox (topic, events) select topic, events::json
      from unnest(${wake.topics}::text::text[], string_to_array(${wake.events}::text, E'\n')) as given (topic, events)
    )
    select count(*)::int as count, now() as at, (select token::text from holder) as token,
      array_agg(id) filter (where status = 'running') as running from created`
  if (lanes.length > 0) sql.afterCommit(() => nudge(sql.schema, ["task.scheduled"]))
  const row = onlyRow(inserted)
  return { ...row, lanes: lanes.map((lane) => ({ ...lane, queued_ms: row.at.getTime() })) }
}

const listsOf = (jobs: readonly NewJob[], receiver: Receiver | undefined) => {
  // Two flushes that share keys must wait for each other in the same order.
  const rows = jobs.some(({ key }) => key !== null) ? [...jobs].sort(byKey) : jobs
  const queued = receiver ? rows.filter(({ id }) => !receiver.ids.has(id)) : rows
  const { shapes, numbers } = shapesOf(rows)
  return {
    given: givenLists(rows, numbers, receiver),
    shape: shapeLists(shapes),
    limited: limitedLists(rows),
    lanes: queued === rows ? shapes : shapesOf(queued).shapes,
    wake: outboxText(rowsOf(wakeUps(queued))),
    session_id: receiver?.session_id ?? null,
  }
}

const givenLists = (rows: readonly NewJob[], numbers: readonly number[], receiver: Receiver | undefined) => ({
  ids: `{${rows.map(({ id }) => id).join(",")}}`,
  numbers: `{${numbers.join(",")}}`,
  keys: listUnlessEmpty(rows.map(({ key }) => key)),
  run_at: listUnlessEmpty(rows.map(({ run_at }) => run_at)),
  traceparents: listUnlessEmpty(rows.map(({ traceparent }) => traceparent)),
  gate_keys: listUnlessEmpty(rows.map(({ concurrency }) => concurrency?.key ?? null)),
  is_given: receiver ? list(rows.map(({ id }) => receiver.ids.has(id))) : "{}",
  payloads: `[${rows.map(({ payload_text }) => payload_text).join(",")}]`,
})

const shapeLists = (shapes: readonly Shape[]) => ({
  numbers: list(shapes.map((_, number) => number)),
  workspace_ids: list(shapes.map(({ workspace_id }) => workspace_id)),
  types: list(shapes.map(({ type }) => type)),
  queues: list(shapes.map(({ queue }) => queue)),
  slots: list(shapes.map(({ slot }) => slot)),
  priorities: list(shapes.map(({ priority }) => priority)),
  max_retries: list(shapes.map(({ max_retries }) => max_retries)),
  settings: list(shapes.map(({ settings }) => settings)),
})

const limitedLists = (rows: readonly NewJob[]) => {
  const limited = rows.filter(({ queue_timeout_ms }) => queue_timeout_ms !== null)
  return {
    ids: list(limited.map(({ id }) => id)),
    run_at: list(limited.map(({ run_at }) => run_at)),
    limits_ms: list(limited.map(({ queue_timeout_ms }) => queue_timeout_ms)),
  }
}

type Shape = Pick<
  NewJob,
  "workspace_id" | "type" | "queue" | "slot" | "priority" | "max_retries" | "settings"
>

/** Most jobs of a flush are alike: what they share is sent once, and each has the number of its shape. */
const shapesOf = (jobs: readonly NewJob[]): { shapes: readonly Shape[]; numbers: readonly number[] } => {
  const shapes: Shape[] = []
  const known = new Map<string, number>()
  const numbers: number[] = []
  let last: NewJob | undefined
  let number = 0
  for (const job of jobs) {
    if (!last || !areAlike(last, job)) {
      const text = `${job.workspace_id} ${job.type} ${job.slot} ${job.queue} ${job.priority} ${job.settings}`
      number = known.get(text) ?? shapes.length
      if (number === shapes.length) {
        known.set(text, number)
        shapes.push(job)
      }
    }
    last = job
    numbers.push(number)
  }
  return { shapes, numbers }
}

/** To compare a job with the one before it costs far less than to look its shape up. */
const areAlike = (one: Shape, other: Shape): boolean =>
  one.workspace_id === other.workspace_id &&
  one.type === other.type &&
  one.slot === other.slot &&
  one.queue === other.queue &&
  one.priority === other.priority &&
  one.settings === other.settings

const byKey = (one: NewJob, other: NewJob): number => {
  if (one.key === other.key) return 0
  return (one.key ?? "") < (other.key ?? "") ? -1 : 1
}

export type Keyed = { readonly id: string; readonly workspace_id: string; readonly key: string }

/** Who holds the keys of these jobs. */
export const findByKeys = (sql: Sql, jobs: readonly NewJob[]) =>
  sql<Keyed>`
    select job.id, job.workspace_id, job.idempotency_key as key
    from unnest(
      ${list(jobs.map(({ workspace_id }) => workspace_id))}::text::uuid[],
      ${list(jobs.map(({ key }) => key))}::text::text[]
    ) as given (workspace_id, key)
    join scheduler.task_run as job
      on job.workspace_id = given.workspace_id and job.idempotency_key = given.key`
