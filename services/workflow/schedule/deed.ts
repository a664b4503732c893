import type { Deed } from "#kernel/audit/record.ts"

export type ScheduleTurn = "created" | "changed" | "deleted" | "paused" | "resumed" | "backfilled"

type Named = { readonly id: string; readonly name: string }

/** What somebody did to a schedule. */
export const scheduleDeed = (
  turn: ScheduleTurn,
  { id, name }: Named,
  details: NonNullable<Deed["details"]> = {},
): Deed => ({ action: `schedule.${turn}`, subject: { kind: "schedule", id, name }, details })
