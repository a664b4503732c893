import { constants } from "node:os"
import type { TaskError, Usage } from "./executor.ts"

const max_hint_chars = 500

/** How a process ended that didn't end well, with the last that it said. */
export const exitError = (usage: Usage, last_error: string): TaskError => {
  const hint = last_error === "" ? "" : `: ${last_error.slice(0, max_hint_chars)}`
  if (usage.signal === null) return { code: "task.exit", message: `exit code ${usage.exit_code}${hint}` }
  const number = constants.signals[usage.signal as keyof typeof constants.signals]
  return { code: "task.signal", message: `ended by ${usage.signal} (${number})${hint}` }
}
