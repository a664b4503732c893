import type { Envelope } from "#kernel/events/envelope.ts"
import { type EventKind, isOfTicket } from "./kinds.ts"

/** Something that somebody may want to be told of. */
export type Fact = {
  readonly event_id: string
  readonly kind: EventKind
  readonly workspace_id: string
  readonly at: string
  /** Null as long as it isn't known. */
  readonly workflow: string | null
  readonly run_id: string | null
  readonly task: string | null
  /** A run that a task of another one has begun: whoever follows the whole hears of that. */
  readonly is_part: boolean
  /** Whom an approval waits for. */
  readonly audience: { readonly roles: readonly string[]; readonly people: readonly string[] } | null
  readonly message: string | null
  readonly until: string | null
  /** With `run.slow`: the bound that it has passed. */
  readonly longer_than_ms: number | null
  readonly job: Job | null
  readonly ticket: Ticket | null
}

export type Job = {
  readonly id: string
  readonly dead_letter_id: string
  readonly type: string
  readonly queue: string
  readonly attempts: number
  readonly reason: string
  readonly message: string
}

export type Ticket = {
  readonly id: string
  readonly key: string
  readonly title: string
  readonly status: string
  readonly earlier_status: string | null
  readonly changed: readonly string[]
  /** Whose it is: these hear of it, but not of what they did themselves. */
  readonly people: readonly string[]
  readonly actor_id: string | null
}

/** What most facts say nothing of. */
export const blank = {
  ...{ workflow: null, run_id: null, task: null, is_part: false, audience: null },
  ...{ message: null, until: null, longer_than_ms: null, job: null, ticket: null },
} as const

/** What is read of the bus in any case; of runs only while somebody is to be told of them. */
export const followedTopics = ["task.waiting", "task.reminded", "job.dead_lettered"] as const

const ends = { completed: "run.completed", failed: "run.failed", cancelled: "run.cancelled" } as const

type Part = { readonly run_id: string; readonly whole_run_id?: string | undefined }

/** A run that a task of another one has begun. */
export const isPart = ({ run_id, whole_run_id }: Part): boolean =>
  whole_run_id !== undefined && whole_run_id !== run_id

/** What an event tells, if it is anything that people are told. */
export const factsOf = (event: Envelope): readonly Fact[] => {
  const { id: event_id, at } = event
  if (event.type === "workflow.completed") {
    const { run_id, workspace_id, workflow, status } = event.data
    const is_part = isPart(event.data)
    return [{ ...blank, event_id, at, kind: ends[status], workspace_id, workflow, run_id, is_part }]
  }
  if (event.type === "job.dead_lettered") {
    const { job_id: id, dead_letter_id, workspace_id, type, queue, attempts, reason, error } = event.data
    const job = { id, dead_letter_id, type, queue, attempts, reason, message: error.message }
    return [{ ...blank, event_id, at, kind: "job.dead_lettered", workspace_id, job }]
  }
  if (isTicketEvent(event)) return [ticketFact(event)]
  if (event.type !== "task.waiting" && event.type !== "task.reminded") return []
  const { for: what, run_id, workspace_id, task, until, message = null, roles = [], people = [] } = event.data
  if (what !== "approval" || run_id === null) return []
  const kind = event.type === "task.waiting" ? "approval.waiting" : "approval.reminded"
  const audience = { roles, people }
  return [{ ...blank, event_id, at, kind, workspace_id, run_id, task, audience, message, until }]
}

type TicketEvent = Extract<Envelope, { readonly data: { readonly ticket_id: string } }>

const isTicketEvent = (event: Envelope): event is TicketEvent => isOfTicket(event.type)

const ticketFact = ({ id: event_id, at, type: kind, data }: TicketEvent): Fact => {
  const { ticket_id: id, workspace_id, key, title, status, assignee_id, reporter_id, actor_id } = data
  const people = [assignee_id, reporter_id].filter((one) => one !== null)
  const changed = "changed" in data ? data.changed : []
  const earlier_status = "earlier_status" in data ? data.earlier_status : null
  const ticket = { id, key, title, status, earlier_status, changed, people, actor_id }
  return { ...blank, event_id, at, kind, workspace_id, ticket, message: "text" in data ? data.text : null }
}

/** What repeats itself in a storm: the same kind of thing of the same workflow, type of job or ticket. */
export const aboutOf = ({
  kind,
  workflow,
  job,
  ticket,
}: Pick<Fact, "kind" | "workflow" | "job" | "ticket">): string =>
  `${kind} ${workflow ?? job?.type ?? ticket?.key ?? ""}`.trim()
