import { durationText } from "#language/duration.ts"
import type { RunFacts } from "./describe.ts"
import { took } from "./duration.ts"
import type { Fact } from "./fact.ts"
import { oneLine, someLines } from "./text.ts"

/** What is told, whichever way it goes. */
export type Content = {
  readonly type: string
  readonly title: string
  readonly body: string
  readonly link: string | null
  /** For programs. */
  readonly data: Readonly<Record<string, unknown>>
  /** The task whose last lines a mail has. */
  readonly task?: string
}

const max = { title: 200, message: 1_000 } as const

type Telling = {
  readonly fact: Fact
  readonly run: RunFacts | undefined
  readonly public_url: string | undefined
}

const runLines = ({ run }: Telling): readonly string[] => {
  if (!run) return []
  const { cause, reason, started_at, finished_at } = run
  return [
    ...(cause
      ? [
          `Task ${cause.task} failed in attempt ${cause.attempt}: ${cause.message || cause.code || "no reason is known"}`,
        ]
      : []),
    ...(reason === null ? [] : [`Reason: ${reason}`]),
    ...(started_at !== null && finished_at !== null ? [`It took ${took(started_at, finished_at)}.`] : []),
  ]
}

const approvalLines = ({ fact }: Telling): readonly string[] => {
  const { message, until } = fact
  const command = `wf approve ${fact.run_id} ${fact.task} (or: wf reject)`
  return [...(message ? [message] : []), ...(until ? [`It has to be decided until ${until}.`] : []), command]
}

type Words = { readonly title: string; readonly lines: readonly string[] }

const wordsOf = (telling: Telling): Words => {
  const { fact, run } = telling
  const name = fact.workflow ?? run?.workflow ?? "a workflow"
  switch (fact.kind) {
    case "run.failed":
      return { title: `${name} failed`, lines: [...runLines(telling), `wf runs show ${fact.run_id}`] }
    case "run.completed":
      return { title: `${name} completed`, lines: [...runLines(telling), `wf runs show ${fact.run_id}`] }
    case "run.cancelled":
      return { title: `${name} was cancelled`, lines: [...runLines(telling), `wf runs show ${fact.run_id}`] }
    case "run.slow":
      return {
        title: `${name} is slow`,
        lines: [`It takes longer than ${durationText(fact.longer_than_ms ?? 0)}.`, `wf watch ${fact.run_id}`],
      }
    case "approval.waiting":
      return { title: `${name}: ${fact.task} waits for a decision`, lines: approvalLines(telling) }
    case "approval.reminded":
      return { title: `${name}: ${fact.task} still waits for a decision`, lines: approvalLines(telling) }
    case "ticket.created":
    case "ticket.updated":
    case "ticket.status.updated":
    case "comment.added":
      return ticketWords(fact)
    case "job.dead_lettered":
      return {
        title: `Job ${fact.job?.type} is a dead letter`,
        lines: [
          `${fact.job?.message || fact.job?.reason || "It has failed too often."}`,
          `In queue ${fact.job?.queue}, after ${fact.job?.attempts} attempts.`,
          `wf dead-letters show ${fact.job?.dead_letter_id}`,
        ],
      }
  }
}

const ticketWords = ({ kind, ticket, message }: Fact): Words => {
  const name = `${ticket?.key} ${ticket?.title}`
  const show = `wf tickets show ${ticket?.key}`
  switch (kind) {
    case "ticket.created":
      return { title: `${name}: new`, lines: [show] }
    case "ticket.status.updated":
      return {
        title: `${name}: ${ticket?.status}`,
        lines: [`It was ${ticket?.earlier_status} before.`, show],
      }
    case "comment.added":
      return { title: `${name}: a comment`, lines: [...(message ? [message] : []), show] }
    default:
      return { title: `${name}: changed`, lines: [`New: ${ticket?.changed.join(", ")}.`, show] }
  }
}

const placeOf = ({ run_id, job, ticket }: Fact): string => {
  if (run_id !== null) return `runs/${run_id}`
  return ticket ? `tickets/${ticket.id}` : `jobs/${job?.id}`
}

const linkTo = ({ fact, public_url = "" }: Telling): string => {
  return `${public_url.replace(/\/+$/, "")}/api/v1/${placeOf(fact)}`
}

export const contentOf = (telling: Telling): Content => {
  const { fact, run } = telling
  const { title, lines } = wordsOf(telling)
  const about = run && {
    ...{ version: run.version, status: run.status, reason: run.reason, cause: run.cause },
    ...{ started_at: run.started_at, finished_at: run.finished_at },
  }
  return {
    type: fact.kind,
    title: oneLine(title, max.title),
    body: lines.map((line) => someLines(line, max.message)).join("\n"),
    link: linkTo(telling),
    data: {
      workspace_id: fact.workspace_id,
      ...(fact.run_id !== null && { run_id: fact.run_id, workflow: fact.workflow ?? run?.workflow ?? null }),
      ...(fact.task !== null && { task: fact.task }),
      ...(fact.job && { job: fact.job }),
      ...(fact.ticket && { ticket: fact.ticket }),
      ...about,
    },
    ...(fact.kind === "run.failed" && run?.cause && { task: run.cause.task }),
  }
}
