import { Problem } from "#kernel/problem/problem.ts"
import type { Followed } from "./follow.ts"
import { mapTrigger } from "./map.ts"
import { happenedOf, type toldOf } from "./told.ts"

/** Triggers that lead to each other would go round for ever: so many in a row begin runs. */
const max_depth = 10
const max_event_chars = 262_144

type Told = ReturnType<typeof toldOf>

export type Refused = { readonly status: "skipped" | "failed"; readonly reason: string }

/** Why a trigger begins nothing at an event, as far as that is seen before anything is written of it. */
export const refusalOf = (row: Followed, { facts, text }: Told): Refused | undefined => {
  const { settings, depth } = row
  if (depth > max_depth) {
    const reason = `its run would be number ${max_depth + 1} in a row that triggers have begun: the workflows begin each other`
    return { status: "skipped", reason }
  }
  if (settings.type !== "event") return undefined
  if (text.length > max_event_chars) {
    const reason = `the event has ${text.length} characters, and may have ${max_event_chars}`
    return { status: "failed", reason }
  }
  return unmapped(row, happenedOf(row, facts))
}

/** Of the many events that a condition lets pass, none costs a row. */
const unmapped = ({ settings }: Followed, happened: ReturnType<typeof happenedOf>): Refused | undefined => {
  try {
    const mapped = mapTrigger(settings, happened, happened.at)
    return "skipped" in mapped ? { status: "skipped", reason: mapped.skipped } : undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { status: "failed", reason: `${error.code}: ${error.message}` }
  }
}
