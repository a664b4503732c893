import { machine } from "#kernel/machine/machine.ts"

/** A job is a task run without a run: what ends the task for good makes it a dead letter, which can be replayed. */
export const jobMoves = machine({
  pending: { release: "queued", cancel: "cancelled" },
  queued: { claim: "running", expire: "dead_letter", cancel: "cancelled" },
  running: {
    complete: "completed",
    retry: "retrying",
    bury: "dead_letter",
    hand_back: "queued",
    cancel: "cancelled",
  },
  retrying: { release: "queued", cancel: "cancelled" },
  dead_letter: { replay: "queued" },
  completed: {},
  cancelled: {},
})

export type JobStatus = (typeof jobMoves.states)[number]
