import { expect } from "bun:test"
import { type Database, list } from "#kernel/database/database.ts"
import { until } from "#kernel/testing/until.ts"
import type { Strike } from "./fault.ts"
import type { Entry } from "./ledger.ts"
import { lossesIn, noticesOf } from "./notice.ts"
import { type Acked, gated_prefix } from "./workload.ts"

const reader = "chaos"

/** A reader that never moves on: nothing of the outbox is removed, so all that was ever told can be counted. */
export const keepOutbox = (database: Database): Promise<unknown> =>
  database.run((sql) => sql`insert into scheduler.reader (name) values (${reader}) on conflict do nothing`)

const releaseOutbox = (database: Database): Promise<unknown> =>
  database.run((sql) => sql`delete from scheduler.reader where name = ${reader}`)

/** The promise, and what is left of the retries. */
const settle_ms = 75_000

type Left = Readonly<Record<string, number>>

/** What is not over: all of these have to become nought once nobody strikes any more. */
const leftIn = async (database: Database): Promise<Left> => {
  const [left] = await database.run(
    (sql) => sql<Record<string, number>>`
      select
        (select count(*)::int from scheduler.run where status not in ('completed', 'failed', 'cancelled')) as runs,
        (select count(*)::int from scheduler.run where open <> 0) as open,
        (select count(*)::int from scheduler.task_run
          where status not in ('completed', 'failed', 'cancelled', 'skipped', 'dead_letter')) as tasks,
        (select count(*)::int from scheduler.ready) as ready,
        (select count(*)::int from scheduler.blocked) as blocked,
        (select count(*)::int from scheduler.timer) as timers,
        (select count(*)::int from scheduler.claim) as claims,
        (select count(*)::int from scheduler.gate) as gates,
        (select count(*)::int from scheduler.holder) as holders,
        (select count(*)::int from scheduler.reader as reader, scheduler.outbox_news(reader.seen) as news
          where reader.name <> ${reader} and (news.has_late or news.fresh_from is not null)) as readers_behind`,
  )
  if (!left) throw new Error("counts have a row")
  return left
}

/** Claims and tasks that are not over, for whoever has to find out why. */
const openIn = (database: Database) =>
  database.run(
    (sql) => sql`
      select claim.token, claim.open, claim.claimed_at, session.ended, task.id, task.run_id, task.type, task.status,
        task.token as task_token, task.attempt, task.lost, task.returned, task.cancel, task.reason, task.gate_key,
        task.started_at, task.finished_at
      from scheduler.task_run as task
      left join scheduler.claim as claim on task.id = any(claim.ids)
      left join scheduler.session as session on session.id = claim.session_id
      where claim.token is not null
        or task.status not in ('completed', 'failed', 'cancelled', 'skipped', 'dead_letter')
      limit 50`,
  )

const untilOver = async (database: Database): Promise<void> => {
  let left: Left = {}
  const isOver = async () => {
    left = await leftIn(database)
    return Object.values(left).every((count) => count === 0)
  }
  await until("the end of all that was begun", isOver, settle_ms).catch(async () => {
    for (const one of await openIn(database)) process.stderr.write(`${JSON.stringify(one)}\n`)
  })
  expect(Object.fromEntries(Object.entries(left).filter(([, count]) => count !== 0))).toEqual({})
}

/** What was told of each run and job, against what became of it. Every row is a fault. */
const mistoldIn = (database: Database) =>
  database.run(
    (sql) => sql<{ fault: string; id: string; detail: string }>`
      with told as materialized (
        select outbox.topic, event -> 'data' as data
        from scheduler.outbox as outbox, json_array_elements(outbox.events) as event
        where outbox.topic in ('workflow.completed', 'job.completed', 'job.dead_lettered', 'task.completed')
        union all
        select outbox.topic,
            json_build_object(case outbox.topic when 'workflow.completed' then 'run_id' when 'task.completed' then 'task_run_id' else 'job_id' end, done.id)
          from scheduler.outbox as outbox, unnest(outbox.ids) as done (id)
          where outbox.topic in ('workflow.completed', 'task.completed', 'job.completed')
      ), ends as (
        select coalesce(data ->> 'run_id', data ->> 'job_id') as id, topic, count(*)::int as times from told
        where topic <> 'task.completed' group by 1, 2
      ), successes as (
        select data ->> 'task_run_id' as id, count(*)::int as times from told
        where topic = 'task.completed' group by 1
      )
      select 'a run without exactly one workflow.completed' as fault, run.id::text as id,
          concat_ws(' ', run.status, ends.times) as detail
        from scheduler.run as run left join ends on ends.id = run.id::text and ends.topic = 'workflow.completed'
        where ends.times is distinct from 1
      union all
      select 'a job whose end was not told exactly once', job.id::text,
          concat_ws(' ', job.type, job.status, ends.topic, ends.times, job.created_at, job.finished_at)
        from scheduler.task_run as job left join ends on ends.id = job.id::text
          and ends.topic = case job.status when 'completed' then 'job.completed' else 'job.dead_lettered' end
        where job.run_id is null and job.status in ('completed', 'dead_letter') and ends.times is distinct from 1
      union all
      select 'a job that both completed and died, or ended otherwise than was told', ends.id,
          concat_ws(' ', job.type, job.status, ends.topic, ends.times)
        from ends join scheduler.task_run as job on job.id::text = ends.id and job.run_id is null
        where ends.topic <> case job.status when 'completed' then 'job.completed' else 'job.dead_lettered' end
      union all
      select 'a task whose success was not told exactly once', task.id::text,
          concat_ws(' ', task.type, task.status, successes.times)
        from scheduler.task_run as task left join successes on successes.id = task.id::text
        where task.run_id is not null and task.status = 'completed' and task.reused_from is null
          and successes.times is distinct from 1
      union all
      select 'events with a gap', run.id::text, run.seq::text
        from scheduler.run as run join scheduler.run_event as row on row.run_id = run.id,
          json_array_elements(row.events) as event
        group by run.id
        having count(*) <> run.seq or count(distinct (event ->> 'seq')::int) <> run.seq
          or max((event ->> 'seq')::int) <> run.seq
          or count(*) filter (where event ->> 'type' = 'workflow.completed') <> 1`,
  )

const idsIn = async (database: Database): Promise<ReadonlySet<string>> => {
  const rows = await database.run(
    (sql) => sql<{ id: string }>`
      select id::text as id from scheduler.run
      union all select id::text from scheduler.task_run where run_id is null`,
  )
  return new Set(rows.map(({ id }) => id))
}

type Attempted = {
  readonly id: string
  readonly status: string
  readonly attempt: number
  readonly lost: number
  readonly returned: number
}

/** What the ledger's attempts were of, by the names that they have there. */
const attemptedIn = (database: Database): Promise<readonly Attempted[]> =>
  database.run(
    (sql) => sql<Attempted>`
      select coalesce(run_id::text || '.' || task, payload ->> 'name') as id, status, attempt, lost, returned
      from scheduler.task_run where type = 'shell' and reused_from is null`,
  )

/** How long a worker needs to be away for its work to be given to others. */
const lease_ms = 10_000

/** What a worker has just started may still say so when that is dead, until it is ended too; it has no parent then. */
const orphan_ms = 3_000
const orphan_parent = 1

/** That an attempt was begun again needs one of these: its worker was killed, or away beyond its lease. */
const isExplained = ({ worker_pid, at_ms }: Entry, strikes: readonly Strike[]): boolean =>
  strikes.some((strike) => {
    const end_ms = strike.at_ms + strike.frozen_ms
    if (strike.how === "freeze")
      return strike.pid === worker_pid && strike.frozen_ms > lease_ms && end_ms >= at_ms
    if (worker_pid === orphan_parent) return end_ms <= at_ms && end_ms + orphan_ms >= at_ms
    return strike.pid === worker_pid && end_ms + orphan_ms >= at_ms
  })

export type Executions = {
  readonly executions: number
  readonly duplicates: number
  readonly faults: readonly string[]
}

/** Every attempt once; again only after it failed or its worker was struck; never after a success that counts. */
export const judgeExecutions = (
  entries: readonly Entry[],
  attempted: readonly Attempted[],
  strikes: readonly Strike[],
): Executions => {
  const faults: string[] = []
  const rows = new Map(attempted.map((row) => [row.id, row]))
  let duplicates = 0
  for (const [id, own] of Map.groupBy(entries, (entry) => entry.id)) {
    const begun = own.filter(({ kind }) => kind === "begin")
    const attempts = new Set(begun.map(({ attempt }) => attempt))
    const of = (kind: Entry["kind"], attempt: number) =>
      own.some((entry) => entry.kind === kind && entry.attempt === attempt)
    if (attempts.size < begun.length) faults.push(`${id}: an attempt ran twice`)
    const row = rows.get(id)
    const last = Math.max(...attempts)
    if (row && last > row.attempt) faults.push(`${id}: attempt ${last} ran, and it has only ${row.attempt}`)
    if (row?.status === "completed" && !of("end", row.attempt))
      faults.push(`${id}: completed by attempt ${row.attempt}, which did not end well`)
    for (const entry of begun) {
      if (entry.attempt === last || of("fail", entry.attempt)) continue
      duplicates += 1
      if (!isExplained(entry, strikes))
        faults.push(
          `${id}: begun again after attempt ${entry.attempt} of ${entry.at_ms}, whose worker ${entry.worker_pid} nobody struck`,
        )
    }
  }
  for (const { id, status } of attempted)
    if (status === "completed" && !entries.some((entry) => entry.id === id))
      faults.push(`${id}: completed without having run`)
  return { executions: entries.filter(({ kind }) => kind === "begin").length, duplicates, faults }
}

/** Attempts of jobs behind one gate that ran at the same time; of those that ended by themselves, and weren't frozen. */
export const overlapsIn = (entries: readonly Entry[], strikes: readonly Strike[]): readonly string[] => {
  const frozen = new Set(strikes.flatMap(({ how, pid }) => (how === "freeze" ? [pid] : [])))
  const gated = entries.filter(({ id, worker_pid }) => id.startsWith(gated_prefix) && !frozen.has(worker_pid))
  const spans = gated.flatMap((begun) => {
    if (begun.kind !== "begin") return []
    const isEnd = (one: Entry) => one.kind !== "begin" && one.id === begun.id && one.attempt === begun.attempt
    const ended = gated.find(isEnd)
    return ended ? [{ id: begun.id, from_ms: begun.at_ms, to_ms: ended.at_ms }] : []
  })
  spans.sort((one, other) => one.from_ms - other.from_ms)
  return spans.flatMap(({ id, from_ms }, place) => {
    const before = spans[place - 1]
    return before && before.to_ms > from_ms ? [`${before.id} and ${id} ran at once`] : []
  })
}

/** Why attempts ended, for whoever has to find out. */
const endsOf = (database: Database, faults: readonly string[]) =>
  database.run(
    (sql) => sql<{ id: string; attempt: string; error: unknown; at_ms: number }>`
      select coalesce(task.run_id::text || '.' || task.task, task.payload ->> 'name') as id,
        event -> 'data' ->> 'attempt' as attempt, event -> 'data' -> 'error' as error,
        floor(extract(epoch from outbox.at) * 1000)::float8 as at_ms
      from scheduler.outbox as outbox, json_array_elements(outbox.events) as event, scheduler.task_run as task
      where outbox.topic = 'task.retrying' and task.id::text = event -> 'data' ->> 'task_run_id'
        and coalesce(task.run_id::text || '.' || task.task, task.payload ->> 'name')
          = any(${list(faults.map((fault) => fault.split(":")[0] ?? ""))}::text::text[])
      order by outbox.id`,
  )

export type Verdict = Executions & {
  readonly noticed_ms: readonly number[]
  readonly runs: number
  readonly jobs: number
  readonly tasks: number
}

/** Everything that has to hold once all is quiet. */
export const judge = async (
  database: Database,
  { acked, entries, strikes }: { acked: Acked; entries: () => readonly Entry[]; strikes: readonly Strike[] },
): Promise<Verdict> => {
  await untilOver(database)
  const ids = await idsIn(database)
  expect([...acked.runs, ...acked.jobs].filter((id) => !ids.has(id))).toEqual([])
  expect(acked.wrong).toEqual([])
  const mistold = await mistoldIn(database)
  expect([mistold.length, ...mistold.slice(0, 20)]).toEqual([0])
  const attempted = await attemptedIn(database)
  const executions = judgeExecutions(entries(), attempted, strikes)
  if (executions.faults.length > 0) {
    const ends = await endsOf(database, executions.faults)
    process.stderr.write(
      `${[...executions.faults, ...ends, ...strikes].map((one) => JSON.stringify(one)).join("\n")}\n`,
    )
  }
  expect(executions.faults).toEqual([])
  expect(overlapsIn(entries(), strikes)).toEqual([])
  const noticed = noticesOf(await lossesIn(database), entries(), strikes)
  expect(noticed.filter((one) => one.took_ms > one.promised_ms)).toEqual([])
  await releaseOutbox(database)
  const [counts] = await database.run(
    (sql) => sql<{ runs: number; jobs: number; tasks: number }>`
      select (select count(*)::int from scheduler.run) as runs,
        (select count(*)::int from scheduler.task_run where run_id is null) as jobs,
        (select count(*)::int from scheduler.task_run where run_id is not null) as tasks`,
  )
  if (!counts) throw new Error("counts have a row")
  return { ...executions, noticed_ms: noticed.map(({ took_ms }) => took_ms), ...counts }
}
