import { taskData } from "../fact/body.ts"
import { timeText } from "../fact/time.ts"
import type { RunFact } from "../run/record.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"
import { runOfTask, type Step } from "../step/step.ts"

type Told = {
  readonly run: RunRow
  readonly type: RunFact["type"]
  readonly task: string | null
  readonly status: string
  readonly data: Readonly<Record<string, unknown>>
}

/** Tells the followers of a run; its events are numbered without gaps. */
export const tell = ({ decided }: Step, { run, type, task, status, data }: Told): void => {
  run.seq += 1
  const fact = { seq: run.seq, type, task, status, data }
  const known = decided.events.get(run.id)
  if (known) known.push(fact)
  else decided.events.set(run.id, [fact])
}

/** What every event about a task says of it. */
export const taskFact = (step: Step, task: TaskRow) =>
  taskData(task, runOfTask(step, task)?.workflow ?? null, timeOf(step))

/** When what a step tells has happened. */
export const timeOf = ({ now }: Step): string => timeText(now.getTime())

/** Events of a run keep their order, those of a job too. */
export const keyOf = (task: TaskRow): string => task.run_id ?? task.id
