/** What somebody can be told of. */
export const eventKinds = [
  "run.failed",
  "run.completed",
  "run.cancelled",
  "run.slow",
  "approval.waiting",
  "approval.reminded",
  "job.dead_lettered",
] as const

export type EventKind = (typeof eventKinds)[number]

export const isApproval = (kind: EventKind): boolean => kind.startsWith("approval.")
