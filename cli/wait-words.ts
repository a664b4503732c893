import { cleanLine } from "./clean.ts"

/** What a task waits for, as its events and its task run tell it. */
type Wait = Readonly<Record<string, unknown>>

const textOf = (value: unknown): string => (typeof value === "string" ? cleanLine(value) : "")

const listOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(textOf) : [])

/** What somebody who looks at it should know: what for, until when, and whose turn it is. */
export const waitWords = (wait: Wait): string => {
  const until = textOf(wait.until)
  const limit = until === "" ? "" : `, until ${until}`
  if (wait.for === "sleep") return until === "" ? "time to pass" : `the time ${until}`
  if (wait.for === "signal") return `the signal ${textOf(wait.signal ?? wait.name)}${limit}`
  if (wait.for === "workflow") {
    const run = textOf(wait.awaited_run_id ?? wait.run_id)
    return `the run ${run} of ${textOf(wait.workflow)}, version ${String(wait.version)}${limit}`
  }
  if (wait.for !== "approval") return textOf(wait.for)
  const who = [...listOf(wait.roles), ...listOf(wait.people)]
  const message = textOf(wait.message)
  return `approval by ${who.join(" or ")}${limit}${message === "" ? "" : `: ${message}`}`
}
