import { settleBegun } from "../child/begin.ts"
import type { Engine } from "../engine.ts"
import { endRuns } from "../run/end.ts"
import { firstStep } from "../run/first-step.ts"
import { chooseKept } from "../run/keep.ts"
import { type Prepared, prepareRun, type RunStart } from "../run/start.ts"
import { announce } from "../step/announce.ts"
import { performOn } from "../step/perform.ts"
import { openStep } from "../step/step.ts"
import { decideUndecided } from "../task/advance.ts"
import type { Child } from "../wait/waits.ts"
import { insertBegun, unfoldBegun } from "./begin.ts"
import type { Session } from "./database.ts"
import { tasksOf } from "./tables.ts"
import { transactionIn } from "./transaction.ts"

/** What `run/start.ts` does with a run. */
export const startIn = async (engine: Engine, session: Session, starting: RunStart): Promise<Prepared> => {
  const start = prepareRun(starting)
  const { plan, rerun } = start
  engine.plans.keep(start.plan_id, plan)
  const done = rerun
    ? tasksOf(session.tables, rerun.of).filter(({ status, item }) => status === "completed" && item === null)
    : []
  const step = openStep(transactionIn(session).rows, engine.kit)
  const kept = rerun && rerun.mode !== "all" ? chooseKept({ plan, rerun }, done) : new Map()
  const begun = firstStep(step, { start, kept }, false)
  await decideUndecided(step)
  await endRuns(step)
  insertBegun(session, step, begun)
  session.after.push(() => announce(engine, step))
  if (step.decided.unfolding.length > 0) await unfoldBegun(session, engine, begun)
  return start
}

/** What `child/begin.ts` does, where nothing is refused. */
export const startChildren = async (
  engine: Engine,
  session: Session,
  asked: readonly Child[],
): Promise<readonly Prepared[]> => {
  const started: Prepared[] = []
  for (const { start, task, parent } of asked) {
    session.writes.push(({ tables }) => {
      tables.children.set(start.run_id, { task_run_id: task.id, parent_run_id: parent.id })
    })
    if (!session.tables.runs.has(start.run_id)) started.push(await startIn(engine, session, start))
  }
  const over = asked.filter(({ waits }) => !waits)
  if (over.length === 0) return started
  await performOn(engine, transactionIn(session), (step) =>
    settleBegun(engine, step, { over, refused: new Map() }),
  )
  return started
}
