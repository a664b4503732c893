import { pinnedIn } from "#language/subworkflows.ts"
import type { RunEnd, TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import type { Due } from "../timer/fire.ts"
import { endWait } from "../wait/end.ts"
import type { AwaitedRun } from "../wait/waits.ts"
import { childRunId } from "./id.ts"

/** How many runs begin in one transaction; more of them are still due after it. */
const max_begun = 50

/** Ends tasks whose runs have ended. */
export const endAwaiting = async (step: Step, due: readonly Due[]): Promise<void> => {
  const ended = due.filter(({ kind }) => kind === "child").flatMap((one) => waitingTask(step, one) ?? [])
  if (ended.length === 0) return
  const found = await step.rows.ends(ended.map(({ id }) => childRunId(id)))
  const ends = new Map(found.map((end) => [end.id, end]))
  for (const task of new Set(ended)) {
    const end = ends.get(childRunId(task.id))
    if (end) endWait(step, task, outcomeOf(end))
  }
}

const waitingTask = (step: Step, { task_run_id }: Due): TaskRow | undefined => {
  const task = step.tasks.get(task_run_id ?? "")
  return task?.status === "waiting" ? task : undefined
}

/** Lets runs begin that tasks wait for, with all else decided about those. Nothing new begins in a paused run. */
export const beginAwaited = async (step: Step, due: readonly Due[]): Promise<void> => {
  const { waits } = step.decided
  const begun: string[] = []
  for (const one of due) {
    if (one.kind !== "begin") continue
    const task = waitingTask(step, one)
    if (!task) continue
    if (runOfTask(step, task)?.status === "paused") waits.postponed.push(one.id)
    else if (begun.length < max_begun) begun.push(task.id)
    else waits.later.push(one.id)
  }
  if (begun.length === 0) return
  for (const { id, wait } of await step.rows.waits(begun)) {
    const task = step.tasks.get(id)
    if (task && wait.for === "workflow") begin(step, task, wait)
  }
}

const begin = (step: Step, task: TaskRow, { inputs = {}, ...waited }: AwaitedRun): void => {
  const parent = runOfTask(step, task)
  const plan = planOfRun(step, parent)
  const wait = plan?.tasks[task.idx]?.wait
  const pinned = plan && wait?.for === "workflow" ? pinnedIn(plan, wait) : undefined
  if (!parent || !pinned || wait?.for !== "workflow") throw new Error("a run was to begin without its plan")
  const { workflow, version } = pinned
  const { workspace_id, traceparent } = parent
  const whole = { id: parent.id, workflow: parent.workflow, version: parent.version }
  step.decided.waits.changed.push({ task, waited })
  step.decided.waits.children.push({
    ...{ task, parent, waits: wait.wait },
    start: {
      happened: { type: "parent", name: task.task, run: whole },
      ...{ run_id: waited.run_id, workspace_id, workflow, version, plan: pinned.plan, inputs },
      ...{
        trigger: "parent",
        traceparent,
        idempotency_key: undefined,
        body_hash: "",
        rerun: null,
        bare: true,
      },
    },
  })
}

const outcomeOf = ({ id, workflow, version, status, reason, outputs }: RunEnd) => {
  if (status === "completed") return { status, outputs: outputs ?? {} } as const
  const what = `The run ${id} of ${workflow}, version ${version},`
  const error =
    status === "cancelled"
      ? { code: "workflow.cancelled", message: `${what} was cancelled.` }
      : { code: "workflow.failed", message: `${what} failed: ${reason ?? "without a reason"}.` }
  return { status: "failed", error } as const
}
