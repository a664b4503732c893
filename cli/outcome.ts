import type { Run } from "#sdk/index.ts"
import { type ExitCode, exit_codes } from "./exit.ts"

/** The exit code that tells a run's outcome. */
export const outcomeCode = (run: Pick<Run, "status" | "reason">): ExitCode => {
  if (run.status === "completed") return exit_codes.done
  if (run.status === "cancelled") return exit_codes.cancelled
  return run.reason === "timeout" ? exit_codes.timed_out : exit_codes.failed
}
