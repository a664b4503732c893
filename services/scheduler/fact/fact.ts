import type { EventName } from "#kernel/events/envelope.ts"
import { derivedId } from "#kernel/outbox/derived-id.ts"
import type { Fact } from "#kernel/outbox/emit.ts"
import {
  beginning,
  type Completed,
  completion,
  endedRunData,
  type Run,
  type RunEnd,
  startedRunData,
  type Task,
  taskData,
} from "./body.ts"

// What is told at once and what is read from rows later has to be the same: so both are made here.

type Of<Name extends EventName> = Extract<Fact, { readonly type: Name }>

/** The id of what it tells of, and which of the things that are told of that it is. */
type About = {
  readonly id: string
  readonly name: string
  readonly key: string
  readonly traceparent: string | null
}

const factOf = <Name extends EventName>(
  type: Name,
  { id, name, key, traceparent }: About,
  data: Of<Name>["data"],
) => ({
  // Made when somebody asks for it: a hash costs more than all else of a fact, and most readers go by its data.
  get id() {
    return derivedId(id, name)
  },
  type,
  key,
  traceparent: traceparent ?? undefined,
  data,
})

/** The run that a task is of, as far as what is told of the task names it. */
type Whole = { readonly id: string; readonly workflow: string; readonly traceparent: string | null }

type Began = { readonly at: string; readonly worker_id: string; readonly queued_ms: number }

export const taskStarted = (task: Task, run: Whole, began: Began): Of<"task.started"> => {
  const about = aboutTask(task, run, `started.${task.attempt}`)
  return factOf("task.started", about, { ...taskData(task, run.workflow, began.at), ...beginning(began) })
}

type Done = { readonly at: string; readonly token: string | null; readonly result: Completed }

export const taskCompleted = (task: Task, run: Whole, { at, token, result }: Done): Of<"task.completed"> => {
  const about = aboutTask(task, run, `completed.${token}`)
  return factOf("task.completed", about, { ...taskData(task, run.workflow, at), ...completion(result) })
}

const aboutTask = ({ id }: Task, { id: key, traceparent }: Whole, name: string): About => ({
  id,
  name,
  key,
  traceparent,
})

type Traced = { readonly traceparent: string | null }

export const runStarted = (run: Run & Traced, at: string): Of<"workflow.started"> =>
  factOf("workflow.started", aboutRun(run, "workflow.started"), startedRunData(run, at))

type Over = { readonly at: string; readonly status: Of<"workflow.completed">["data"]["status"] }

export const runEnded = (run: RunEnd & Traced, { at, status }: Over): Of<"workflow.completed"> =>
  factOf(
    "workflow.completed",
    aboutRun(run, "workflow.completed"),
    endedRunData(run, { status, finished_at: at }),
  )

const aboutRun = ({ id, traceparent }: Pick<Run, "id"> & Traced, name: EventName): About => ({
  id,
  name,
  key: id,
  traceparent,
})
