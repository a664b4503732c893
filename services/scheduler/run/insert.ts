import { json, lines, list, listUnlessEmpty, type Sql } from "#kernel/database/database.ts"
import { onlyRow } from "#kernel/database/only-row.ts"
import { nudgeAfter, type OutboxRow, outboxText } from "#kernel/outbox/emit.ts"
import { defaults } from "#language/plan.ts"
import { place_digits } from "#language/run-id.ts"
import { factRows } from "../fact/bare.ts"
import type { Plans } from "../plan/plans.ts"
import type { PendingHold, Untold } from "../step/hold.ts"
import { insertExpiries } from "../step/save-waiting.ts"
import type { Step } from "../step/step.ts"
import { hasWaits, saveWaits } from "../wait/save.ts"
import { type Alike, alikeOf } from "./alike.ts"
import { eventRows, type RunFacts } from "./record.ts"
import type { Written } from "./shown.ts"
import type { Begun } from "./start.ts"
import { insertTriggers } from "./triggers.ts"

type Inserting = {
  readonly begun: readonly Begun[]
  readonly plans: Plans
  /** What has to be held, and can be by the statement that writes the runs. */
  readonly hold: PendingHold
  /** Nothing of the transaction has to come after them. */
  readonly is_last: boolean
}

/** Whether more is to be written of new runs once they are there. */
export const hasMore = ({ decided }: Step): boolean =>
  decided.expiring.length + decided.leaving.length + decided.unfolding.length > 0 || hasWaits(decided)

/** Everything of these runs. When they were written is told with the commit, if they are the last that is. */
export const insertBegun = async (
  sql: Sql,
  step: Step,
  { begun, plans, hold, is_last }: Inserting,
): Promise<{ readonly written: Promise<Written> }> => {
  if (begun.length === 0) return { written: Promise.resolve({ at: new Date(0) }) }
  const before = [
    insertPlans(sql, begun, { plans, now: step.now }),
    insertTriggers(sql, begun),
    insertDeadlines(sql, begun),
  ]
  const written = insertRuns(sql, step, { begun, untold: hold.take(), is_last })
  const after = [insertExpiries(sql, step.decided.expiring), saveWaits(sql, step)]
  await Promise.all([...before, ...after, ...(is_last ? [] : [written])])
  return { written }
}

const insertPlans = async (
  sql: Sql,
  begun: readonly Begun[],
  { plans, now }: { readonly plans: Plans; readonly now: Date },
): Promise<void> => {
  const texts = new Map(begun.map(({ start }) => [start.plan_id, start.plan_text]))
  const missing = [...texts].filter(([id]) => !plans.wasWritten(id, now)).sort()
  if (missing.length === 0) return
  const ids = missing.map(([id]) => id)
  sql.afterCommit(() => plans.written(ids, now))
  await sql`
    insert into scheduler.plan (id, plan)
    select id, plan::json
    from unnest(${list(ids)}::text::text[], string_to_array(${lines(missing.map(([, text]) => text))}::text, E'\n'))
      as given (id, plan)
    on conflict (id) do update set used_at = now() where plan.used_at < now() - interval '1 day'`
}

/** Only for runs that ask for less than the usual time, which is so long that a timer for each would be a waste. */
const insertDeadlines = async (sql: Sql, begun: readonly Begun[]): Promise<void> => {
  const limited = begun.filter(({ start }) => start.plan.timeout_ms < defaults.run_timeout_ms)
  if (limited.length === 0) return
  await sql`
    insert into scheduler.timer (due_at, kind, run_id)
    select now() + timeout_ms * interval '1 millisecond', 'deadline', run_id
    from unnest(
      ${list(limited.map(({ run }) => run.id))}::text::uuid[],
      ${list(limited.map(({ start }) => start.plan.timeout_ms))}::text::float8[]
    ) as given (run_id, timeout_ms)`
}

type Writing = {
  readonly begun: readonly Begun[]
  readonly untold: Untold | undefined
  readonly is_last: boolean
}

/** The first of what is written alike holds, and the last tells of all. */
const insertRuns = (sql: Sql, step: Step, { begun, untold, is_last }: Writing): Promise<Written> => {
  step.told = factRows(step)
  const groups = alikeOf(begun)
  const answers = groups.map((runs, index) => {
    const is_end = index === groups.length - 1
    const held = index === 0 ? untold?.held : undefined
    return insertAlike(is_last && is_end ? sql.last : sql, runs, {
      ...{ hold_session: held?.session_id ?? null, holder: step.holder?.session_id ?? null, now: step.now },
      ...(is_end ? endOf(step) : nothing_told),
    })
  })
  const written = Promise.all(answers).then(([first = []]) => onlyRow(first))
  untold?.tell(written.then(({ token }) => token ?? ""))
  nudgeAfter(sql, step.told)
  // Whoever waits for it hears of the transaction's failure.
  written.catch(() => undefined)
  return written
}

type End = {
  readonly claims: readonly string[]
  readonly events: RunFacts
  readonly facts: readonly OutboxRow[]
}

const nothing_told: End = { claims: [], events: new Map(), facts: [] }

const endOf = ({ decided, told }: Step): End => ({
  claims: decided.claimed.map(({ id }) => id),
  events: decided.events,
  facts: told,
})

type Around = End & {
  readonly hold_session: string | null
  readonly holder: string | null
  readonly now: Date
}

type Answered = Written & { readonly token: string | null }

const insertAlike = (send: Sql["last"], runs: Alike, around: Around): Promise<readonly Answered[]> => {
  const [{ start, run }] = runs
  const tasks = taskLists(runs)
  const told = eventRows(around.events)
  const outbox = outboxText(around.facts)
  return send<Answered>`
    select at, token::text as token from scheduler.begin_runs(
      ${around.hold_session}::text::uuid, ${list(runs.map((one) => one.run.id))}::text::uuid[],
      ${listUnlessEmpty(runs.map((one) => one.run.traceparent))}::text::text[],
      ${listUnlessEmpty(runs.map((one) => one.start.rerun?.of ?? null))}::text::uuid[],
      ${`[${runs.map((one) => json(one.start.inputs)).join(",")}]`}::text::json,
      ${run.workspace_id}::text::uuid, ${run.workflow}, ${run.version}::int, ${run.plan_id}, ${start.trigger},
      ${run.open}::int, ${run.bad}::int, ${run.status}, ${run.reason}, ${run.seq}::int, ${run.gate_key},
      ${start.plan.timeout_ms}::float8,
      ${tasks.places}::text::text[], ${tasks.indexes}::text::int[], ${tasks.names}::text::text[],
      ${tasks.types}::text::text[], ${tasks.statuses}::text::text[], ${tasks.reasons}::text::text[],
      ${tasks.attempts}::text::int[], ${tasks.needs_left}::text::int[], ${tasks.needs_bad}::text::int[],
      ${tasks.queues}::text::text[], ${tasks.slots}::text::text[], ${tasks.priorities}::text::int[],
      ${tasks.retries}::text::int[], ${tasks.reused}::text::uuid[], ${tasks.outputs}::text::text[],
      ${tasks.settings}::text::text[],
      ${around.holder}::text::uuid, ${list(around.claims)}::text::uuid[],
      ${told.run_ids}::text::uuid[], ${told.seqs}::text::int[], ${told.events}::text, ${around.now},
      ${outbox.topics}::text::text[], ${outbox.events}::text, ${outbox.ids}::text, ${outbox.details}::text)`
}

const taskLists = ([{ tasks, kept }]: Alike) => {
  const earlier = tasks.map(({ idx }) => kept.get(idx))
  return {
    places: list(tasks.map((task) => task.id.slice(-place_digits))),
    indexes: list(tasks.map((task) => task.idx)),
    names: list(tasks.map((task) => task.task)),
    types: list(tasks.map((task) => task.type)),
    statuses: list(tasks.map((task) => task.status)),
    reasons: listUnlessEmpty(tasks.map((task) => task.reason)),
    attempts: list(tasks.map((task) => task.attempt)),
    needs_left: list(tasks.map((task) => task.needs_left)),
    needs_bad: list(tasks.map((task) => task.needs_bad)),
    queues: list(tasks.map((task) => task.queue)),
    slots: list(tasks.map((task) => task.slot)),
    priorities: list(tasks.map((task) => task.priority)),
    retries: list(tasks.map((task) => task.max_retries)),
    reused: listUnlessEmpty(earlier.map((task) => task?.id ?? null)),
    outputs: listUnlessEmpty(earlier.map((task) => (task?.outputs ? json(task.outputs) : null))),
    settings: listUnlessEmpty(tasks.map(({ settings }) => (settings ? json(settings) : null))),
  }
}
