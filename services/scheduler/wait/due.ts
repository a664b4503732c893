import type { TaskRow } from "../step/rows.ts"
import { planOfRun, runOfTask, type Step } from "../step/step.ts"
import type { Due } from "../timer/fire.ts"
import { decided } from "./approval.ts"
import { endWait } from "./end.ts"
import { tellWaiting } from "./tell.ts"
import type { TimerKind, Waited } from "./waits.ts"

const kinds: ReadonlySet<string> = new Set(["wake", "wait_timeout", "remind"] satisfies TimerKind[])

/** Wakes what sleeps and ends what has waited long enough. What comes due in a paused run is put off. */
export const fireWaits = async (step: Step, due: readonly Due[]): Promise<void> => {
  const open: { readonly kind: string; readonly task: TaskRow }[] = []
  for (const { id, kind, task_run_id } of due) {
    const task = step.tasks.get(task_run_id ?? "")
    if (!kinds.has(kind) || task?.status !== "waiting") continue
    if (runOfTask(step, task)?.status === "paused") step.decided.waits.postponed.push(id)
    else open.push({ kind, task })
  }
  const asked = open.filter(({ kind }) => kind !== "wake").map(({ task }) => task.id)
  const known = new Map(asked.length > 0 ? await readWaits(step, asked) : [])
  for (const { kind, task } of open) {
    const waited = known.get(task.id)
    // It may have been ended by the one before.
    if (task.status !== "waiting") continue
    if (kind === "wake") endWait(step, task, { status: "completed" })
    else if (kind === "remind" && waited) tellWaiting(step, task, { type: "task.reminded", waited })
    else if (kind === "wait_timeout") timeOut(step, task, waited)
  }
}

const readWaits = async (step: Step, ids: readonly string[]) =>
  (await step.rows.waits(ids)).map(({ id, wait }) => [id, wait] as const)

const timeOut = (step: Step, task: TaskRow, waited: Waited | undefined): void => {
  const wait = planOfRun(step, runOfTask(step, task))?.tasks[task.idx]?.wait
  if (wait?.for === "signal") {
    if (wait.on_timeout === "continue") endWait(step, task, { status: "completed" })
    else {
      const message = `The signal \`${wait.name}\` did not come in time.`
      endWait(step, task, { status: "failed", error: { code: "signal.timeout", message } })
    }
  }
  if (waited?.for === "workflow") {
    const message = `The run ${waited.run_id} of ${waited.workflow} did not end in time, and is cancelled.`
    step.decided.waits.orphaned.push(waited.run_id)
    endWait(step, task, { status: "failed", error: { code: "workflow.timeout", message } })
  }
  if (wait?.for !== "approval" || waited?.for !== "approval") return
  const approved = wait.on_timeout === "approve"
  endWait(step, task, decided(waited, { approved, why: "nobody had decided in time" }))
}
