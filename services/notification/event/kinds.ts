/** What somebody can be told of. */
export const eventKinds = [
  "run.failed",
  "run.completed",
  "run.cancelled",
  "run.slow",
  "approval.waiting",
  "approval.reminded",
  "job.dead_lettered",
  "ticket.created",
  "ticket.updated",
  "ticket.status.updated",
  "comment.added",
] as const

export type EventKind = (typeof eventKinds)[number]

export const isApproval = (kind: EventKind): boolean => kind.startsWith("approval.")

const of_tickets = ["ticket.created", "ticket.updated", "ticket.status.updated", "comment.added"] as const

type TicketKind = (typeof of_tickets)[number]

/** These are called as the events are that tell them. */
export const isOfTicket = (kind: string): kind is TicketKind =>
  (of_tickets as readonly string[]).includes(kind)
