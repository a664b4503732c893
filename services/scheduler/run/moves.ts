import { machine } from "#kernel/machine/machine.ts"

export const runMoves = machine({
  pending: { start: "running", fail: "failed", cancel: "cancelled" },
  running: { complete: "completed", fail: "failed", pause: "paused", cancel: "cancelled" },
  paused: { resume: "running", complete: "completed", fail: "failed", cancel: "cancelled" },
  completed: {},
  failed: {},
  cancelled: {},
})

export type RunStatus = (typeof runMoves.states)[number]
