import type { EventName } from "#kernel/events/envelope.ts"
import type { Event, Fact } from "#kernel/outbox/emit.ts"
import type { Decided, Step } from "../step/step.ts"
import { wakeUps } from "../task/ready.ts"
import { timeText } from "./time.ts"
import type { FactRow, ToldRow } from "./told.ts"

/** Of all ids of a row one time; of each what a later attempt would overwrite. */
export type StartedDetails = {
  readonly at: string
  readonly worker_id: string
  readonly attempts: readonly number[]
  readonly queued_ms: readonly number[]
}

export type FactDetails = { readonly at: string }

/**
 * What a step tells other services. Most of it is in the rows of its tasks and runs, and stays there as it is: then only
 * their ids are written, since bodies would be most of what a report sends. What is told of a part of another run has one.
 */
export const factRows = ({ decided, now }: Pick<Step, "decided" | "now">): readonly ToldRow[] => {
  const rows: ToldRow[] = []
  const woken = wakeUps([...decided.released, ...decided.admitted])
  if (woken.length > 0) rows.push({ topic: "task.scheduled", events: woken })
  for (const [topic, { bare, whole }] of sorted(decided)) {
    if (bare.length > 0) rows.push(bareRow(topic, bare, now))
    if (whole.length > 0) rows.push({ topic, events: whole })
  }
  const { completed_jobs: ids } = decided
  if (ids.length > 0) rows.push({ topic: "job.completed", ids })
  return rows
}

type Sorted = { readonly bare: Fact[]; readonly whole: Event[] }

/** By topic, in the order in which they were told. */
const sorted = ({ emissions, ended }: Decided): ReadonlyMap<EventName, Sorted> => {
  const given = new Set<string>()
  for (const { task } of ended) if (task.status === "completed") given.add(task.id)
  const topics = new Map<EventName, Sorted>()
  for (const event of emissions) {
    let topic = topics.get(event.type)
    if (!topic) {
      topic = { bare: [], whole: [] }
      topics.set(event.type, topic)
    }
    if (isInRows(event, given)) topic.bare.push(event)
    else topic.whole.push(event)
  }
  return topics
}

/** Of a task that has ended well if its outputs are in its row as its worker gave them. */
const isInRows = (event: Event, given: ReadonlySet<string>): event is Fact => {
  const { type, data } = event
  if ("whole_run_id" in data) return false
  if (type === "task.completed") return given.has(data.task_run_id)
  return type === "task.started" || type === "workflow.started" || type === "workflow.completed"
}

const bareRow = (topic: EventName, facts: readonly Fact[], now: Date): FactRow => {
  const at = timeText(now.getTime())
  const details = topic === "task.started" ? startedDetails(facts, at) : { at }
  return { topic, ids: facts.map(idOf), details: details satisfies FactDetails, facts }
}

/** Of the task, or of the run, that a fact tells of. */
const idOf = ({ data, key }: Fact): string => ("task_run_id" in data ? data.task_run_id : key)

const startedDetails = (facts: readonly Fact[], at: string): StartedDetails => {
  const started = facts.flatMap(({ type, data }) => (type === "task.started" ? [data] : []))
  const at_ms = Date.parse(at)
  return {
    ...{ at, worker_id: started[0]?.worker_id ?? "" },
    attempts: started.map(({ attempt }) => attempt),
    // Most have been handed over as they were queued.
    queued_ms: started.map(({ queued_at = at }) => (queued_at === at ? at_ms : Date.parse(queued_at))),
  }
}
