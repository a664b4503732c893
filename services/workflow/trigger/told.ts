import { json } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Trigger } from "#language/schedule.ts"

/** What waits for events. */
export type Listener = { readonly name: string; readonly settings: Exclude<Trigger, { type: "webhook" }> }

/** When it was: everything in the inputs of a run that it begins is as of then. */
export const whenOf = (event: Envelope): string =>
  event.type === "workflow.completed" ? event.data.finished_at : event.at

/** What is kept of an event for a trigger's expressions, and that as text: it may be large, so it is written once. */
export const toldOf = (settings: Listener["settings"], event: Envelope) => {
  const facts = factsOf(settings, event)
  return { facts, text: json(facts) }
}

const factsOf = ({ type }: Listener["settings"], event: Envelope) => {
  if (type === "event" || event.type !== "workflow.completed") {
    return { id: event.id, type: event.type, at: whenOf(event), data: event.data }
  }
  const { run_id, workflow, version, status, reason, started_at, finished_at } = event.data
  return { id: run_id, workflow, version, status, reason, started_at, finished_at }
}

type Facts = { readonly at?: string; readonly finished_at?: string }

/** What they read as `trigger`. */
export const happenedOf = ({ name, settings: { type } }: Listener, facts: Facts) => {
  const at = facts.at ?? facts.finished_at
  if (at === undefined) throw new Error("what is told has no time")
  return { type, name, at, ...(type === "event" ? { event: facts } : { run: facts }) }
}
