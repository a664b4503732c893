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
import { transactionOver } from "../step/postgres.ts"
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
import { insertBegun } from "./insert.ts"
import { type KeptTasks, readKept } from "./keep.ts"
import { releaseKeys, reserveKeys } from "./reserve.ts"
import type { Run } from "./shape.ts"
import { shownRun } from "./shown.ts"
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

/** What else belongs into the transaction in which they are started. */
type Telling = (sql: Sql, started: readonly RunStarted[]) => Promise<void>

/**
 * Run, task runs, idempotency row and `workflow.started` in one transaction, for as many runs as there are. A claim that
 * waits in this process is given what can run at once, if nothing else waits for it.
 */
export const startRuns =
  (engine: Engine) =>
  (starts: readonly RunStart[], tell?: Telling): Promise<readonly RunStarted[]> => {
    const prepared = starts.map(prepareRun)
    for (const { plan_id, plan } of prepared) engine.plans.keep(plan_id, plan)
    const startOn = (seat: Seat | undefined) => {
      let free = seat
      return engine.hot.tx(async (sql) => {
        // A seat whose session has ended is what a first try may fail by.
        const own = free
        free = undefined
        const begun = await startIn(engine, sql, { prepared, seat: own })
        if (tell) await tell(sql, begun.answer)
        return begun
      })
    }
    return engine.precedence.creating(() => withSeat(engine.seats, slotOfFirst(prepared), startOn))
  }

const slotOfFirst = ([start]: readonly Prepared[]): Slot | undefined => {
  const root = start?.plan.tasks.find(({ needs }) => needs.length === 0)
  return root && !root.each ? slotOfTask(root) : undefined
}

type Starting = { readonly prepared: readonly Prepared[]; readonly seat: Seat | undefined }

export const startIn = async (engine: Engine, sql: Sql, { prepared, seat }: Starting) => {
  const reserved = await reserveKeys(sql, prepared)
  const started = new Map<string, Run | Problem>()
  const gives: (() => Promise<readonly Attempt[]>)[] = []
  for (const starts of inTurn(prepared.filter((_, index) => reserved[index]?.created))) {
    const some = await startSome(engine, sql, { starts, seat: gives.length === 0 ? seat : undefined })
    for (const [run_id, run] of some.started) started.set(run_id, run)
    gives.push(some.attempts)
  }
  const isRefused = ({ run_id }: RunStart) => started.get(run_id) instanceof Problem
  await releaseKeys(sql, prepared.filter(isRefused))
  const answer = reserved.map((one): RunStarted => {
    const run = started.get(one.run_id)
    if (run instanceof Problem) return { ...one, created: false, run: undefined, refusal: run }
    return { ...one, run: one.created ? run : undefined }
  })
  return { answer, attempts: async () => (await Promise.all(gives.map((give) => give()))).flat() }
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

type Some = { readonly starts: readonly Prepared[]; readonly seat: Seat | undefined }

const startSome = async (engine: Engine, sql: Sql, { starts: given, seat }: Some) => {
  const starts = await withEarlier(sql, given)
  const kept = new Map<string, KeptTasks>()
  for (const start of starts) kept.set(start.run_id, await readKept(sql, start))
  const entered = await enterRuns(engine, sql, { starts, kept })
  const transaction = transactionOver(sql)
  const step = openStep(transaction.rows, engine.kit)
  const started = new Map<string, Run | Problem>()
  const begun: Begun[] = []
  for (const start of starts) {
    const refusal = refusalOf(start, entered)
    const own = { start, kept: kept.get(start.run_id) ?? new Map() }
    if (refusal) started.set(start.run_id, refusal)
    else begun.push(firstStep(step, own, entered.get(start.run_id) === "waits"))
  }
  await decideUndecided(step)
  await endRuns(step)
  if (seat) giveTo(engine, step, seat)
  await tellWholes(engine, step)
  const times = await insertBegun(sql, step, { begun, plans: engine.plans })
  const outputs = await outputsFor(step)
  sql.afterCommit(() => announce(engine, step))
  const { leaving } = step.decided
  if (leaving.length > 0)
    await performIn(engine, sql, async ({ decided }) => decided.leaving.push(...leaving))
  const unfolding = [...new Set(step.decided.unfolding.flatMap(({ run_id }) => run_id ?? []))]
  if (unfolding.length > 0) await performIn(engine, sql, (own) => unfoldBegun(engine, own, unfolding))
  const answered = new Map(step.decided.waits.answered.map(({ run, outputs: own }) => [run.id, own]))
  for (const one of begun) {
    const told = { ...times, outputs: answered.get(one.run.id) ?? null }
    started.set(one.run.id, shownRun(withTakenOver(step, one), told))
  }
  return { started, attempts: () => attemptsOf(step, outputs) }
}

const giveTo = (engine: Engine, step: Step, seat: Seat): void => {
  if (step.decided.released.length === 0) return
  holdFor(engine, step, { session_id: seat.session_id, runs: [] })
  handOver(engine, step, { session: seat, room: seat.room, unserved: engine.seats.unserved(seat) })
}
