import { machine } from "#kernel/machine/machine.ts"

export const taskMoves = machine({
  pending: { release: "queued", wait: "waiting", skip: "skipped", cancel: "cancelled" },
  queued: { claim: "running", expire: "failed", cancel: "cancelled" },
  running: {
    complete: "completed",
    fail: "failed",
    retry: "retrying",
    hand_back: "queued",
    cancel: "cancelled",
  },
  retrying: { release: "queued", cancel: "cancelled" },
  waiting: { complete: "completed", fail: "failed", cancel: "cancelled" },
  completed: {},
  failed: {},
  skipped: {},
  cancelled: {},
})

export type TaskStatus = (typeof taskMoves.states)[number]
