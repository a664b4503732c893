import { list, type Sql } from "#kernel/database/database.ts"
import { nudgeAfter, outboxText } from "#kernel/outbox/emit.ts"
import { factRows } from "../fact/bare.ts"
import { eventRows } from "../run/record.ts"
import { writtenOutputs, writtenUsage } from "../task/written.ts"
import type { Untold } from "./hold.ts"
import type { Ended, Step } from "./step.ts"

/** Whether this step has anything of what every report has. */
export const hasReport = ({ decided, runs }: Step): boolean =>
  [decided.ended, decided.claimed, decided.released, decided.admitted, decided.emissions].some(
    (some) => some.length > 0,
  ) || runs.size > 0

type Way = { readonly untold: Untold | undefined; readonly last: Sql["last"] }

/** What every report has, in one statement, which holds what has to be held. It is sent last: its outbox ids are drawn after all locks. */
export const saveReport = async (sql: Sql, step: Step, { untold, last }: Way): Promise<void> => {
  step.told = factRows(step)
  const { hold, holder, done, handed, claims, closed, runs, told } = listsOf(step, untold)
  const outbox = outboxText(step.told)
  const saved = last<{ token: string | null }>`
    select scheduler.report(
      ${hold.session_id}::text::uuid, ${hold.ids}::text::uuid[], ${hold.revisions}::text::int[],
      ${holder.session_id}::text::uuid, ${holder.token}::text::bigint, ${handed}::text::uuid[], ${claims}::text::uuid[],
      ${done.ids}::text::uuid[], ${done.tokens}::text::bigint[], ${done.outputs}::text::text[],
      ${done.usages}::text::text[], ${done.log_chunks}::text::int[], ${done.expected}::int,
      ${closed.tokens}::text::bigint[], ${closed.counts}::text::int[],
      ${runs.ids}::text::uuid[], ${runs.statuses}::text::text[], ${runs.reasons}::text::text[], ${runs.open}::text::int[],
      ${runs.bad}::text::int[], ${runs.seqs}::text::int[], ${runs.revisions}::text::int[], ${runs.finished}::text::boolean[],
      ${told.run_ids}::text::uuid[], ${told.seqs}::text::int[], ${told.events}::text, ${step.now},
      ${outbox.topics}::text::text[], ${outbox.events}::text, ${outbox.ids}::text, ${outbox.details}::text
    )::text as token`
  untold?.tell(saved.then(([row]) => row?.token ?? ""))
  nudgeAfter(sql, step.told)
}

const listsOf = (step: Step, untold: Untold | undefined) => {
  const { decided, holder } = step
  const held = untold?.held.runs ?? []
  return {
    hold: {
      session_id: untold?.held.session_id ?? null,
      ids: list(held.map(({ id }) => id)),
      revisions: list(held.map(({ revision }) => revision)),
    },
    holder: { session_id: holder?.session_id ?? null, token: holder?.token ?? null },
    done: completedLists(step),
    handed: list(decided.handed.map(({ id }) => id)),
    claims: list(decided.claimed.map(({ id }) => id)),
    closed: closedClaims(decided.ended),
    runs: runLists(step),
    told: eventRows(decided.events),
  }
}

const byTask = (one: Ended, other: Ended): number => (one.task.id < other.task.id ? -1 : 1)

const completedLists = ({ decided: { ended }, is_guessed }: Step) => {
  // In one order, since two reports may come to the same jobs without having locked them.
  const done = ended.filter(({ task }) => task.status === "completed").sort(byTask)
  return {
    expected: is_guessed ? done.length : null,
    ids: list(done.map(({ task }) => task.id)),
    tokens: list(done.map(({ token }) => token)),
    outputs: list(done.map(({ settlement }) => writtenOutputs(settlement))),
    usages: list(done.map(({ settlement }) => writtenUsage(settlement))),
    log_chunks: list(done.map(({ settlement }) => settlement.log_chunks ?? 0)),
  }
}

const runLists = (step: Step) => {
  const runs = [...step.runs.values()]
  const finished = new Set(step.decided.finished)
  return {
    ids: list(runs.map((run) => run.id)),
    statuses: list(runs.map((run) => run.status)),
    reasons: list(runs.map((run) => run.reason)),
    open: list(runs.map((run) => run.open)),
    bad: list(runs.map((run) => run.bad)),
    seqs: list(runs.map((run) => run.seq)),
    revisions: list(runs.map((run) => run.revision)),
    finished: list(runs.map((run) => finished.has(run))),
  }
}

const closedClaims = (ended: readonly Ended[]) => {
  const counts = new Map<string, number>()
  for (const { token } of ended) counts.set(token, (counts.get(token) ?? 0) + 1)
  const tokens = [...counts.keys()].sort()
  return { tokens: list(tokens), counts: list(tokens.map((token) => counts.get(token) ?? 0)) }
}
