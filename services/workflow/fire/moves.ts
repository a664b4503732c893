import { machine } from "#kernel/machine/machine.ts"

/** What becomes of a time that is due. A backfill may come back to one for which no run was started. */
export const fireMoves = machine({
  waiting: { start: "starting", queue: "queued", skip: "skipped" },
  queued: { start: "starting", skip: "skipped" },
  starting: { accept: "started", refuse: "failed", skip: "skipped" },
  started: {},
  skipped: { backfill: "waiting" },
  missed: { backfill: "waiting" },
  failed: { backfill: "waiting" },
})

export type FireStatus = (typeof fireMoves.states)[number]

export type FireKind = "schedule" | "catch_up" | "backfill"
