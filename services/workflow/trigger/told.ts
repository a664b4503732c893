import type { Envelope } from "#kernel/events/envelope.ts"
import type { Trigger } from "#language/schedule.ts"

/** What waits for events. */
export type Listener = { readonly name: string; readonly settings: Exclude<Trigger, { type: "webhook" }> }

/** When it was: everything in the inputs of a run that it begins is as of then. */
export const whenOf = (event: Envelope): string =>
  event.type === "workflow.completed" ? event.data.finished_at : event.at

/** What is kept of an event for a trigger's expressions. */
export const toldOf = ({ type }: Listener["settings"], event: Envelope) => {
  if (type === "event" || event.type !== "workflow.completed") {
    return { id: event.id, type: event.type, at: whenOf(event), data: event.data }
  }
  const { run_id, workflow, version, status, reason, started_at, finished_at } = event.data
  return { id: run_id, workflow, version, status, reason, started_at, finished_at }
}

type Told = { readonly at?: string; readonly finished_at?: string }

/** What they read as `trigger`. */
export const happenedOf = ({ name, settings: { type } }: Listener, told: Told) => {
  const at = told.at ?? told.finished_at
  if (at === undefined) throw new Error("what is told has no time")
  return { type, name, at, ...(type === "event" ? { event: told } : { run: told }) }
}
