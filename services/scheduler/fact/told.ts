import type { Event } from "#kernel/outbox/emit.ts"
import type { Body } from "#kernel/outbox/read.ts"
import { type Recent, recent } from "#kernel/service/recent.ts"

const max_told = 20_000

/** Bodies of what this process has told last, for its own readers of the outbox, who mostly come at once. */
export type Told = Recent<Body>

export const createTold = (): Told => recent(max_told)

type Fact = { readonly topic: string; readonly id: string; readonly attempt?: number | undefined }

/** A task begins once for each attempt; all else is told once of its task or run. */
export const nameOf = ({ topic, id, attempt }: Fact): string =>
  attempt === undefined ? `${topic} ${id}` : `${topic} ${id} ${attempt}`

/** After the commit. */
export const rememberTold = (told: Told, emissions: readonly Event[]): void => {
  for (const event of emissions) {
    const fact = factOf(event)
    if (fact && hasId(event)) told.keep(nameOf(fact), event)
  }
}

const hasId = (event: Event): event is Event & Body => event.id !== undefined

const factOf = ({ type: topic, data }: Event): Fact | undefined => {
  if (topic === "task.started") return { topic, id: data.task_run_id, attempt: data.attempt }
  if (topic === "task.completed") return { topic, id: data.task_run_id }
  return topic === "workflow.started" || topic === "workflow.completed"
    ? { topic, id: data.run_id }
    : undefined
}
