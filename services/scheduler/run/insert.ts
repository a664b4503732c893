import { json, lines, list, type Sql } from "#kernel/database/database.ts"
import { nudgeAfter, outboxText } from "#kernel/outbox/emit.ts"
import { defaults } from "#language/plan.ts"
import { factRows } from "../fact/bare.ts"
import type { Plans } from "../plan/plans.ts"
import type { PendingHold, Untold } from "../step/hold.ts"
import { insertExpiries } from "../step/save-waiting.ts"
import type { Step } from "../step/step.ts"
import { hasWaits, saveWaits } from "../wait/save.ts"
import { eventRows } from "./record.ts"
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

const insertRuns = (sql: Sql, step: Step, { begun, untold, is_last }: Writing): Promise<Written> => {
  const runs = runLists(begun)
  const tasks = taskLists(begun)
  const told = eventRows(step.decided.events)
  step.told = factRows(step)
  const outbox = outboxText(step.told)
  const send = is_last ? sql.last : sql
  const saved = send<Written & { token: string | null }>`
    select at, token::text as token from scheduler.begin_runs(
      ${untold?.held.session_id ?? null}::text::uuid, ${step.holder?.session_id ?? null}::text::uuid,
      ${list(step.decided.claimed.map(({ id }) => id))}::text::uuid[],
      ${runs.ids}::text::uuid[], ${runs.workspaces}::text::uuid[], ${runs.workflows}::text::text[],
      ${runs.versions}::text::int[], ${runs.plans}::text::text[], ${runs.inputs}::text::text[],
      ${runs.triggers}::text::text[], ${runs.open}::text::int[], ${runs.bad}::text::int[], ${runs.statuses}::text::text[],
      ${runs.reasons}::text::text[], ${runs.seqs}::text::int[], ${runs.traceparents}::text::text[],
      ${runs.reruns}::text::uuid[], ${runs.gates}::text::text[], ${runs.timeouts}::text::float8[],
      ${tasks.ids}::text::uuid[], ${tasks.runs}::text::uuid[], ${tasks.workspaces}::text::uuid[],
      ${tasks.places}::text::int[], ${tasks.names}::text::text[], ${tasks.types}::text::text[],
      ${tasks.statuses}::text::text[], ${tasks.reasons}::text::text[], ${tasks.attempts}::text::int[],
      ${tasks.needs_left}::text::int[], ${tasks.needs_bad}::text::int[], ${tasks.queues}::text::text[],
      ${tasks.slots}::text::text[], ${tasks.priorities}::text::int[], ${tasks.retries}::text::int[],
      ${tasks.reused}::text::uuid[], ${tasks.outputs}::text::text[], ${tasks.settings}::text::text[],
      ${told.run_ids}::text::uuid[], ${told.seqs}::text::int[], ${told.events}::text, ${step.now},
      ${outbox.topics}::text::text[], ${outbox.events}::text, ${outbox.ids}::text, ${outbox.details}::text)`
  const written = saved.then(([row]) => {
    if (!row) throw new Error("a function has no answer")
    return row
  })
  // Whoever waits for it hears of the transaction's failure.
  written.catch(() => undefined)
  untold?.tell(written.then(({ token }) => token ?? ""))
  nudgeAfter(sql, step.told)
  return written
}

const runLists = (begun: readonly Begun[]) => ({
  ids: list(begun.map(({ run }) => run.id)),
  workspaces: list(begun.map(({ run }) => run.workspace_id)),
  workflows: list(begun.map(({ run }) => run.workflow)),
  versions: list(begun.map(({ run }) => run.version)),
  plans: list(begun.map(({ run }) => run.plan_id)),
  inputs: list(begun.map(({ start }) => json(start.inputs))),
  triggers: list(begun.map(({ start }) => start.trigger)),
  open: list(begun.map(({ run }) => run.open)),
  bad: list(begun.map(({ run }) => run.bad)),
  statuses: list(begun.map(({ run }) => run.status)),
  reasons: list(begun.map(({ run }) => run.reason)),
  seqs: list(begun.map(({ run }) => run.seq)),
  traceparents: list(begun.map(({ run }) => run.traceparent)),
  reruns: list(begun.map(({ start }) => start.rerun?.of ?? null)),
  gates: list(begun.map(({ run }) => run.gate_key)),
  timeouts: list(begun.map(({ start }) => start.plan.timeout_ms)),
})

const taskLists = (begun: readonly Begun[]) => {
  const tasks = begun.flatMap((one) => one.tasks)
  const kept = begun.flatMap((one) => one.tasks.map(({ idx }) => one.kept.get(idx)))
  return {
    ids: list(tasks.map((task) => task.id)),
    runs: list(tasks.map((task) => task.run_id)),
    workspaces: list(tasks.map((task) => task.workspace_id)),
    places: list(tasks.map((task) => task.idx)),
    names: list(tasks.map((task) => task.task)),
    types: list(tasks.map((task) => task.type)),
    statuses: list(tasks.map((task) => task.status)),
    reasons: list(tasks.map((task) => task.reason)),
    attempts: list(tasks.map((task) => task.attempt)),
    needs_left: list(tasks.map((task) => task.needs_left)),
    needs_bad: list(tasks.map((task) => task.needs_bad)),
    queues: list(tasks.map((task) => task.queue)),
    slots: list(tasks.map((task) => task.slot)),
    priorities: list(tasks.map((task) => task.priority)),
    retries: list(tasks.map((task) => task.max_retries)),
    reused: list(kept.map((task) => task?.id ?? null)),
    outputs: list(kept.map((task) => (task?.outputs ? json(task.outputs) : null))),
    settings: list(tasks.map(({ settings }) => (settings ? json(settings) : null))),
  }
}
