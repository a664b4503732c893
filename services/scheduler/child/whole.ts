import type { Event } from "#kernel/outbox/emit.ts"
import type { Engine } from "../engine.ts"
import type { Step } from "../step/step.ts"

/**
 * Every event of a part says which run it is a part of: whoever begins runs at events has to know where a chain of them
 * began. Only parts cost a look, and each only one in a process.
 */
export const tellWholes = async ({ wholes }: Pick<Engine, "wholes">, step: Step): Promise<void> => {
  const { emissions } = step.decided
  const isOfPart = ({ key }: Event) => step.runs.get(key)?.trigger === "parent"
  const parts = new Set(emissions.filter(isOfPart).map(({ key }) => key))
  if (parts.size === 0) return
  const unknown = [...parts].filter((id) => wholes.get(id) === undefined)
  const found = unknown.length === 0 ? [] : await step.rows.wholes(unknown)
  for (const { id, whole_run_id } of found) wholes.keep(id, whole_run_id)
  for (const [index, event] of emissions.entries()) {
    const whole_run_id = parts.has(event.key) ? wholes.get(event.key) : undefined
    if (whole_run_id === undefined) continue
    emissions[index] = { ...event, data: { ...event.data, whole_run_id } } as Event
  }
}
