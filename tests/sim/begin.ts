import { endRuns } from "#services/scheduler/run/end.ts"
import { firstStep } from "#services/scheduler/run/first-step.ts"
import { chooseKept } from "#services/scheduler/run/keep.ts"
import { prepareRun, type RunStart } from "#services/scheduler/run/start.ts"
import { announce } from "#services/scheduler/step/announce.ts"
import { openStep } from "#services/scheduler/step/step.ts"
import { decideUndecided } from "#services/scheduler/task/advance.ts"
import type { Child } from "#services/scheduler/wait/waits.ts"
import type { Scheduler } from "./scheduler.ts"
import type { Session } from "./store/database.ts"
import { insertBegun, unfoldBegun } from "./store/operations.ts"
import { tasksOf } from "./store/tables.ts"
import { transactionIn } from "./store/transaction.ts"
import type { World } from "./world.ts"

type Process = Pick<Scheduler, "name" | "engine">

type Beginning = { readonly session: Session; readonly start: RunStart }

/** What `run/start.ts` does with a run. */
export const beginIn = async (
  { tables, trace }: World,
  { name, engine }: Process,
  { session, start: starting }: Beginning,
): Promise<void> => {
  const start = prepareRun(starting)
  const { plan, rerun } = start
  engine.plans.keep(start.plan_id, plan)
  const done = rerun
    ? tasksOf(tables, rerun.of).filter(({ status, item }) => status === "completed" && item === null)
    : []
  const step = openStep(transactionIn(session).rows, engine.kit)
  const kept = rerun && rerun.mode !== "all" ? chooseKept({ plan, rerun }, done) : new Map()
  const begun = firstStep(step, { start, kept }, false)
  await decideUndecided(step)
  await endRuns(step)
  insertBegun(session, step, begun)
  session.after.push(() => announce(engine, step))
  if (step.decided.unfolding.length > 0) await unfoldBegun(session, engine, begun)
  const shape = plan.tasks.map(
    (task) => `${task.name}[${task.needs}]${task.when === "success" ? "" : task.when}`,
  )
  trace(() => `${name} starts ${start.run_id}, ${start.trigger}: ${shape.join(" ")}`)
}

/** What `child/begin.ts` does, where nothing is refused and every task waits. */
export const beginChildren = async (
  world: World,
  process: Process,
  { session, asked }: { readonly session: Session; readonly asked: readonly Child[] },
): Promise<void> => {
  if (asked.length === 0) return
  for (const { start, task, parent } of asked) {
    session.writes.push(({ tables }) => {
      tables.children.set(start.run_id, { task_run_id: task.id, parent_run_id: parent.id })
    })
    if (!world.tables.runs.has(start.run_id)) await beginIn(world, process, { session, start })
  }
}
