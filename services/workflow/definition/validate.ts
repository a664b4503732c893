import { type Actor, allow } from "#kernel/auth/actor.ts"
import { readDefinition } from "./read.ts"
import type { Verdict, Written } from "./shape.ts"

/** Checks a workflow without keeping it. */
export const validateWorkflow = (actor: Actor, written: Written): Verdict => {
  allow(actor, "workflow.read")
  const read = readDefinition(written)
  return read.ok
    ? { valid: true, errors: [], notes: [...read.notes] }
    : { valid: false, errors: [...read.errors], notes: [] }
}
