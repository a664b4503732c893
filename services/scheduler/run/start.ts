import { createHash } from "node:crypto"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Concurrency } from "#language/concurrency.ts"
import type { Plan } from "#language/plan.ts"
import { type Slot, slotOfTask } from "#language/slots.ts"
import { withTakenOver } from "../cache/shown.ts"
import { tellWholes } from "../child/whole.ts"
import type { Engine } from "../engine.ts"
import { type Seat, withSeat } from "../session/seats.ts"
import { announce } from "../step/announce.ts"
import { performIn } from "../step/perform.ts"
import { beginningOver } from "../step/postgres.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { openStep, type Step } from "../step/step.ts"
import { decideUndecided } from "../task/advance.ts"
import { type Attempt, attemptsOf, outputsFor } from "../task/attempt.ts"
import { handOver, holdFor } from "../task/hand-over.ts"
import { unfoldBegun } from "./begin.ts"
import { runConcurrency } from "./concurrency.ts"
import { endRuns } from "./end.ts"
import { enterRuns, refusalOf } from "./enter.ts"
import { firstStep } from "./first-step.ts"
import { hasMore, insertBegun } from "./insert.ts"
import { type KeptTasks, readKept } from "./keep.ts"
import { releaseKeys, reserveKeys } from "./reserve.ts"
import type { Run } from "./shape.ts"
import { shownRun, type Written } from "./shown.ts"
import { withEarlier } from "./triggers.ts"

export type RunStart = {
  readonly run_id: string
  readonly workspace_id: string
  readonly workflow: string
  readonly version: number
  readonly plan: Plan
  readonly inputs: Readonly<Record<string, unknown>>
  readonly trigger: string
  readonly idempotency_key: string | undefined
  readonly body_hash: string
  readonly traceparent: string | null
  readonly rerun: Rerun | null
  /** Who asks needs neither inputs nor tasks in the answer. */
  readonly bare?: boolean
  /** What began it, kept only where its plan reads that. */
  readonly happened?: Happened
}

export type Happened = Readonly<Record<string, unknown>>

/** What of an earlier run is kept: nothing, what has completed, or that as far as it doesn't come after a task. */
export type Rerun = {
  readonly of: string
  readonly mode: "all" | "failed" | "from"
  /** A task's name, for `from`. */
  readonly task: string
}

export type RunStarted = {
  readonly run_id: string
  /** False when the key was used before: then `run_id` is that of the first request. */
  readonly created: boolean
  /** The key was used with another body. */
  readonly conflict: boolean
  /** Why nothing was started. */
  readonly refusal?: Problem
  /** As it was written; of a new run alone. */
  readonly run: Run | undefined
}

export type Prepared = RunStart & {
  readonly plan_id: string
  readonly plan_text: string
  readonly concurrency: Concurrency | Problem | undefined
}

/** A run and its tasks as they are written at first. */
export type Begun = {
  readonly start: Prepared
  readonly run: RunRow
  readonly tasks: readonly TaskRow[]
  /** What an earlier run has done already, by its place. */
  readonly kept: KeptTasks
}

/** What is known of a start before it is committed. */
type RunMade = Omit<RunStarted, "run">

/** What else belongs into the transaction in which they are started. */
type Telling = (sql: Sql, made: readonly RunMade[]) => Promise<void>

/**
 * Run, task runs, idempotency row and `workflow.started` in one transaction, for as many runs as there are. A claim that
 * waits in this process is given what can run at once, if nothing else waits for it.
 */
export const startRuns =
  (engine: Engine) =>
  (starts: readonly RunStart[], tell?: Telling): Promise<readonly RunStarted[]> => {
    const prepared = starts.map(prepareRun)
    for (const { plan_id, plan } of prepared) engine.plans.keep(plan_id, plan)
    // There is nothing to ask or to reserve before their rows are written then.
    const begins_late = prepared.every(isPlain)
    const startOn = async (seat: Seat | undefined) => {
      let free = seat
      const { made, shown, attempts } = await engine.hot.tx(
        async (sql) => {
          // A seat whose session has ended is what a first try may fail by.
          const own = free
          free = undefined
          const begun = await startIn(engine, sql, { prepared, seat: own })
          if (tell) await tell(sql, begun.made)
          return begun
        },
        { begins_late },
      )
      const runs = await shown()
      const answer = made.map(
        (one): RunStarted => ({ ...one, run: one.created ? runs.get(one.run_id) : undefined }),
      )
      return { answer, attempts }
    }
    return engine.precedence.creating(prepared.length, () =>
      withSeat(engine.seats, slotOfFirst(prepared), startOn),
    )
  }

const isPlain = ({ idempotency_key, concurrency }: Prepared): boolean =>
  idempotency_key === undefined && concurrency === undefined

const slotOfFirst = ([start]: readonly Prepared[]): Slot | undefined => {
  const root = start?.plan.tasks.find(({ needs }) => needs.length === 0)
  return root && !root.each ? slotOfTask(root) : undefined
}

type Starting = { readonly prepared: readonly Prepared[]; readonly seat: Seat | undefined }

type Shown = () => Promise<ReadonlyMap<string, Run>>

type Started = {
  readonly made: readonly RunMade[]
  /** The new runs as they were written; after the commit. */
  readonly shown: Shown
  readonly attempts: () => Promise<readonly Attempt[]>
}

export const startIn = async (engine: Engine, sql: Sql, { prepared, seat }: Starting): Promise<Started> => {
  const reserved = await reserveKeys(sql, prepared)
  const refused = new Map<string, Problem>()
  const groups: Some[] = []
  const turns = inTurn(prepared.filter((_, index) => reserved[index]?.created))
  for (const starts of turns) {
    const given = { starts, seat: groups.length === 0 ? seat : undefined, is_only: turns.length === 1 }
    const some = await startSome(engine, sql, given)
    for (const [run_id, refusal] of some.refused) refused.set(run_id, refusal)
    groups.push(some)
  }
  await releaseKeys(
    sql,
    prepared.filter(({ run_id }) => refused.has(run_id)),
  )
  const made = reserved.map((one): RunMade => {
    const refusal = refused.get(one.run_id)
    return refusal ? { ...one, created: false, refusal } : one
  })
  const all = async <Item>(each: (some: Some) => Promise<Iterable<Item>>): Promise<readonly Item[]> =>
    (await Promise.all(groups.map(each))).flatMap((items) => [...items])
  return {
    made,
    shown: async () => new Map(await all(({ shown }) => shown())),
    attempts: () => all(({ attempts }) => attempts()),
  }
}

type PlanContent = Pick<Prepared, "plan_id" | "plan_text">

const contents = new WeakMap<Plan, PlanContent>()

/** A plan is written out and addressed once, however many starts bring it. */
const contentOf = (plan: Plan): PlanContent => {
  const known = contents.get(plan)
  if (known) return known
  const plan_text = JSON.stringify(plan)
  const content = { plan_text, plan_id: createHash("sha256").update(plan_text).digest("hex") }
  contents.set(plan, content)
  return content
}

export const prepareRun = (start: RunStart): Prepared => ({
  ...start,
  ...contentOf(start.plan),
  concurrency: runConcurrency(start),
})

/** One that cancels others comes by itself, so that it may cancel those that came with it. */
const inTurn = (starts: readonly Prepared[]): readonly (readonly Prepared[])[] => {
  const cancels = ({ concurrency }: Prepared) =>
    concurrency !== undefined &&
    !(concurrency instanceof Problem) &&
    concurrency.on_conflict === "cancel_running"
  const rest = starts.filter((start) => !cancels(start))
  const alone = starts.filter(cancels).map((start) => [start])
  return rest.length === 0 ? alone : [rest, ...alone]
}

type Some = {
  readonly refused: ReadonlyMap<string, Problem>
  readonly shown: Shown
  readonly attempts: () => Promise<readonly Attempt[]>
}

type Group = {
  readonly starts: readonly Prepared[]
  readonly seat: Seat | undefined
  /** No other group comes after it in the same transaction. */
  readonly is_only: boolean
}

const startSome = async (
  engine: Engine,
  sql: Sql,
  { starts: given, seat, is_only }: Group,
): Promise<Some> => {
  const starts = await withEarlier(sql, given)
  const kept = new Map<string, KeptTasks>()
  for (const start of starts) kept.set(start.run_id, await readKept(sql, start))
  const entered = await enterRuns(engine, sql, { starts, kept })
  const { rows, hold } = beginningOver(sql)
  const step = openStep(rows, engine.kit)
  const refused = new Map<string, Problem>()
  const begun: Begun[] = []
  for (const start of starts) {
    const refusal = refusalOf(start, entered)
    const own = { start, kept: kept.get(start.run_id) ?? new Map() }
    if (refusal) refused.set(start.run_id, refusal)
    else begun.push(firstStep(step, own, entered.get(start.run_id) === "waits"))
  }
  await decideUndecided(step)
  await endRuns(step)
  if (seat) giveTo(engine, step, seat)
  await tellWholes(engine, step)
  const is_last = is_only && !hasMore(step)
  const { written } = await insertBegun(sql, step, { begun, plans: engine.plans, hold, is_last })
  const outputs = await outputsFor(step)
  sql.afterCommit(() => announce(engine, step))
  await goOn(engine, sql, step)
  return { refused, shown: shownOf(step, begun, written), attempts: () => attemptsOf(step, outputs) }
}

/** What has to find the new runs written: others that their end lets begin, and their items. */
const goOn = async (engine: Engine, sql: Sql, { decided }: Step): Promise<void> => {
  const { leaving } = decided
  if (leaving.length > 0) await performIn(engine, sql, async (own) => own.decided.leaving.push(...leaving))
  const unfolding = [...new Set(decided.unfolding.flatMap(({ run_id }) => run_id ?? []))]
  if (unfolding.length > 0) await performIn(engine, sql, (own) => unfoldBegun(engine, own, unfolding))
}

const shownOf =
  (step: Step, begun: readonly Begun[], written: Promise<Written>): Shown =>
  async () => {
    const { at } = await written
    const answered = new Map(step.decided.waits.answered.map(({ run, outputs }) => [run.id, outputs]))
    return new Map(
      begun.map((one) => {
        const outputs = answered.get(one.run.id) ?? null
        return [one.run.id, shownRun(withTakenOver(step, one), { at, outputs })]
      }),
    )
  }

const giveTo = (engine: Engine, step: Step, seat: Seat): void => {
  if (step.decided.released.length === 0) return
  holdFor(engine, step, { session_id: seat.session_id, runs: [] })
  handOver(engine, step, { session: seat, room: seat.room, unserved: engine.seats.unserved(seat) })
}
