import type { Event, OutboxRow } from "#kernel/outbox/emit.ts"
import type { Decided, Step } from "../step/step.ts"
import { wakeUps } from "../task/ready.ts"

/** Of all ids of a row one time; of each what a later attempt would overwrite. */
export type StartedDetails = {
  readonly at: string
  readonly worker_id: string
  readonly attempts: readonly number[]
  readonly queued_ms: readonly number[]
}

export type FactDetails = { readonly at: string }

type Facts = Pick<Step, "decided" | "now">

/**
 * What a step tells other services. Most of it is in the rows of its tasks and runs, and stays there as it is: then only
 * their ids are written, since bodies would be most of what a report sends. What is told of a part of another run has one.
 */
export const factRows = ({ decided, now }: Facts): readonly OutboxRow[] => {
  const woken = wakeUps([...decided.released, ...decided.admitted])
  const ended = endedInRows(decided)
  const told = [...Map.groupBy(decided.emissions, ({ type }) => type).values()].flatMap((events) => {
    const { bare = [], whole = [] } = Object.groupBy(events, (event) =>
      isInRows(event, ended) ? "bare" : "whole",
    )
    return [...bareRow(bare, now), ...wholeRow(whole)]
  })
  const { completed_jobs: ids } = decided
  return [...wholeRow(woken), ...told, ...(ids.length > 0 ? [{ topic: "job.completed" as const, ids }] : [])]
}

/** Tasks whose outputs are in their rows as their workers gave them. */
const endedInRows = ({ ended }: Decided): ReadonlySet<string> =>
  new Set(ended.filter(({ task }) => task.status === "completed").map(({ task }) => task.id))

const isInRows = ({ type, data }: Event, ended: ReadonlySet<string>): boolean => {
  if ("whole_run_id" in data) return false
  if (type === "task.completed") return ended.has(data.task_run_id)
  return type === "task.started" || type === "workflow.started" || type === "workflow.completed"
}

const wholeRow = (events: readonly Event[]): readonly OutboxRow[] => {
  const [first] = events
  return first ? [{ topic: first.type, events }] : []
}

const bareRow = (events: readonly Event[], now: Date): readonly OutboxRow[] => {
  const [first] = events
  if (!first) return []
  const at = now.toISOString()
  const details = first.type === "task.started" ? startedDetails(events, at) : { at }
  return [{ topic: first.type, ids: events.flatMap(idOf), details: details satisfies FactDetails }]
}

/** Of the task, or of the run, that an event tells of. */
const idOf = ({ data }: Event): readonly string[] => {
  if ("task_run_id" in data) return [data.task_run_id]
  return "run_id" in data && data.run_id !== null ? [data.run_id] : []
}

const startedDetails = (events: readonly Event[], at: string): StartedDetails => {
  const started = events.flatMap(({ type, data }) => (type === "task.started" ? [data] : []))
  return {
    ...{ at, worker_id: started[0]?.worker_id ?? "" },
    attempts: started.map(({ attempt }) => attempt),
    queued_ms: started.map(({ queued_at }) => Date.parse(queued_at ?? at)),
  }
}
