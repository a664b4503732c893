import { settleBegun } from "../child/begin.ts"
import type { Engine } from "../engine.ts"
import { endRuns } from "../run/end.ts"
import { firstStep } from "../run/first-step.ts"
import { chooseKept, type KeptTasks } from "../run/keep.ts"
import { type Prepared, prepareRun, type RunStart } from "../run/start.ts"
import { announce } from "../step/announce.ts"
import { performOn } from "../step/perform.ts"
import { openStep } from "../step/step.ts"
import { decideUndecided } from "../task/advance.ts"
import type { Child } from "../wait/waits.ts"
import { insertBegun, unfoldBegun } from "./begin.ts"
import type { Session } from "./database.ts"
import { type StoredTask, tasksOf } from "./tables.ts"
import { transactionIn } from "./transaction.ts"

/** What `run/start.ts` does with runs. */
export const startIn = async (
  engine: Engine,
  session: Session,
  startings: readonly RunStart[],
): Promise<readonly Prepared[]> => {
  const starts = startings.map(prepareRun)
  for (const { plan_id, plan } of starts) engine.plans.keep(plan_id, plan)
  const step = openStep(transactionIn(session).rows, engine.kit)
  const begun = starts.map((start) => firstStep(step, { start, kept: keptOf(session, start) }, false))
  await decideUndecided(step)
  await endRuns(step)
  insertBegun(session, step, begun)
  session.after.push(() => announce(engine, step))
  const unfolding = new Set(step.decided.unfolding.map(({ run_id }) => run_id))
  const unfolded = begun.filter(({ run }) => unfolding.has(run.id))
  if (unfolded.length > 0) await unfoldBegun(session, engine, unfolded)
  return starts
}

const keptOf = ({ tables }: Session, { plan, rerun }: Prepared): KeptTasks => {
  if (!rerun || rerun.mode === "all") return new Map()
  const isDone = ({ status, item }: StoredTask) => status === "completed" && item === null
  return chooseKept({ plan, rerun }, tasksOf(tables, rerun.of).filter(isDone))
}

/** What `child/begin.ts` does, where nothing is refused. */
export const startChildren = async (
  engine: Engine,
  session: Session,
  asked: readonly Child[],
): Promise<readonly Prepared[]> => {
  for (const { start, task, parent } of asked) {
    session.writes.push(({ tables }) => {
      tables.children.set(start.run_id, { task_run_id: task.id, parent_run_id: parent.id })
    })
  }
  const missing = asked.map(({ start }) => start).filter(({ run_id }) => !session.tables.runs.has(run_id))
  const started = missing.length === 0 ? [] : await startIn(engine, session, missing)
  const over = asked.filter(({ waits }) => !waits)
  if (over.length === 0) return started
  await performOn(engine, transactionIn(session), (step) =>
    settleBegun(engine, step, { over, refused: new Map() }),
  )
  return started
}
