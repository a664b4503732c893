import type { Deed } from "#kernel/audit/record.ts"

type Shown = { readonly id: string; readonly workflow: string }

/** What somebody did to a run. */
export const runDeed = (
  turn: "cancelled" | "paused" | "resumed" | "rerun",
  { id, workflow }: Shown,
  details: NonNullable<Deed["details"]> = {},
): Deed => ({
  action: `run.${turn}`,
  subject: { kind: "run", id, name: id },
  details: { workflow, ...details },
})
