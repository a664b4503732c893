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

// What is told at once and what is read from rows later has to be the same: so both are made here. Ids are made when
// somebody asks for them: their hash costs more than all else of a fact, and most readers go by its data.

type Of<Name extends EventName> = Extract<Fact, { readonly type: Name }>

/** The run that a task is of, as far as what is told of the task names it. */
type Whole = { readonly id: string; readonly workflow: string; readonly traceparent: string | null }

type Began = { readonly at: string; readonly worker_id: string; readonly queued_ms: number }

export const taskStarted = (
  task: Task,
  run: Whole,
  { at, worker_id, queued_ms }: Began,
): Of<"task.started"> => {
  const { id, attempt } = task
  return {
    type: "task.started",
    get id() {
      return derivedId(id, `started.${attempt}`)
    },
    key: run.id,
    traceparent: run.traceparent ?? undefined,
    data: { ...taskData(task, run.workflow, at), ...beginning({ worker_id, queued_ms }) },
  }
}

type Done = { readonly at: string; readonly token: string | null; readonly result: Completed }

export const taskCompleted = (task: Task, run: Whole, { at, token, result }: Done): Of<"task.completed"> => {
  const { id } = task
  return {
    type: "task.completed",
    get id() {
      return derivedId(id, `completed.${token}`)
    },
    key: run.id,
    traceparent: run.traceparent ?? undefined,
    data: { ...taskData(task, run.workflow, at), ...completion(result) },
  }
}

type Traced = { readonly traceparent: string | null }

export const runStarted = (run: Run & Traced, at: string): Of<"workflow.started"> => {
  const { id, traceparent } = run
  return {
    type: "workflow.started",
    get id() {
      return derivedId(id, "workflow.started")
    },
    key: id,
    traceparent: traceparent ?? undefined,
    data: startedRunData(run, at),
  }
}

type Over = { readonly at: string; readonly status: Of<"workflow.completed">["data"]["status"] }

export const runEnded = (run: RunEnd & Traced, { at, status }: Over): Of<"workflow.completed"> => {
  const { id, traceparent } = run
  return {
    type: "workflow.completed",
    get id() {
      return derivedId(id, "workflow.completed")
    },
    key: id,
    traceparent: traceparent ?? undefined,
    data: endedRunData(run, { status, finished_at: at }),
  }
}
