import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { TaskRow } from "../step/rows.ts"
import { runOfTask, type Step } from "../step/step.ts"
import { taskFact, tell } from "../task/tell.ts"
import type { Waited } from "./waits.ts"

type Told = { readonly type: "task.waiting" | "task.reminded"; readonly waited: Waited }

/** That a task waits, or that the time for those who decide runs out. */
export const tellWaiting = (step: Step, task: TaskRow, { type, waited }: Told): void => {
  const run = runOfTask(step, task)
  if (!run) return
  const { for: what, until } = waited
  const asked =
    waited.for === "approval"
      ? { message: waited.message, roles: [...waited.roles], people: [...waited.people] }
      : {}
  const signal = waited.for === "signal" ? { signal: waited.name } : {}
  const child =
    waited.for === "workflow"
      ? { workflow: waited.workflow, version: waited.version, awaited_run_id: waited.run_id }
      : {}
  const data = { for: what, until, ...asked, ...signal, ...child }
  step.decided.emissions.push({
    type,
    id: derivedId(task.id, type),
    key: run.id,
    traceparent: run.traceparent ?? undefined,
    data: { ...taskFact(step, task), ...data },
  })
  tell(step, { run, type, task: task.task, status: "waiting", data })
}
