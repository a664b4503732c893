import { json } from "#kernel/database/database.ts"
import type { Settlement } from "./verdict.ts"

/** What a worker has written already is not written again. */
export const writtenOutputs = ({ outputs, outputs_json }: Settlement): string | null =>
  outputs_json ?? (outputs ? json(outputs) : null)

export const writtenUsage = ({ usage, usage_json }: Settlement): string | null =>
  usage_json ?? (usage ? json(usage) : null)
