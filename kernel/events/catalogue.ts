import { z } from "zod"

const id = z.uuid()
const time = z.iso.datetime()

/** Of a run that a task of another one has begun: the run at the top, which all of this is a part of. */
const whole = { whole_run_id: id.optional() }

const runFact = z.object({
  ...whole,
  run_id: id,
  workspace_id: id,
  workflow: z.string(),
  version: z.int(),
})

const taskFact = z.object({
  ...whole,
  task_run_id: id,
  /** Null for a stand-alone job. */
  run_id: id.nullable(),
  workspace_id: id,
  task: z.string(),
  attempt: z.int(),
  at: time,
  /** The name of its run's workflow; null for a stand-alone job. */
  in_workflow: z.string().nullable().optional(),
  type: z.string().optional(),
})

/** What an attempt took, where its executor could tell. */
const usage = { usage: z.record(z.string(), z.unknown()).optional() }

/** Of a stand-alone job, whose attempts are told when they end; what never began, and an older platform, tell none of it. */
const began = { worker_id: z.string().optional(), queued_at: time.optional(), started_at: time.optional() }

/** A task that no worker runs: what it waits for, until when at most, and who may decide. */
const waitFact = taskFact.extend({
  for: z.string(),
  until: time.nullable(),
  signal: z.string().optional(),
  workflow: z.string().optional(),
  version: z.int().optional(),
  awaited_run_id: id.optional(),
  message: z.string().optional(),
  roles: z.array(z.string()).optional(),
  people: z.array(z.string()).optional(),
})

/** A ticket as it is after what is told, and who did that: nobody where the board did by itself. */
const ticketFact = z.object({
  ticket_id: id,
  workspace_id: id,
  project_id: id,
  key: z.string(),
  title: z.string(),
  status: z.string(),
  priority: z.string(),
  assignee_id: id.nullable(),
  reporter_id: id.nullable(),
  deadline: time.nullable(),
  actor_id: id.nullable(),
  at: time,
})

const failure = z.object({ code: z.string(), message: z.string() })

/** Every fact the platform publishes: past tense, additive changes only. A contract test holds that. */
export const catalogue = {
  "workflow.started": {
    data: runFact.extend({
      trigger: z.string(),
      started_at: time,
      /** Where it has some, and they are small. */
      inputs: z.record(z.string(), z.unknown()).optional(),
    }),
  },
  "workflow.completed": {
    data: runFact.extend({
      status: z.enum(["completed", "failed", "cancelled"]),
      reason: z.string().nullable(),
      started_at: time.nullable(),
      finished_at: time,
    }),
  },
  "run.paused": { data: runFact.extend({ at: time }) },
  "run.resumed": { data: runFact.extend({ at: time }) },
  "task.scheduled": { data: z.object({ queue: z.string(), ready: z.int() }) },
  "task.started": { data: taskFact.extend({ worker_id: z.string(), queued_at: time.optional() }) },
  "task.completed": {
    data: taskFact.extend({ outputs: z.record(z.string(), z.unknown()), log_chunks: z.int(), ...usage }),
  },
  "task.failed": { data: taskFact.extend({ error: failure, log_chunks: z.int(), ...usage }) },
  /** How many chunks there are isn't known of an attempt whose worker was lost. */
  "task.retrying": {
    data: taskFact.extend({
      ...{ error: failure, retry_at: time, log_chunks: z.int().optional() },
      ...{ ...began, ...usage },
    }),
  },
  "task.waiting": { data: waitFact },
  "task.reminded": { data: waitFact },
  "task.skipped": { data: taskFact.extend({ reason: z.string() }) },
  "task.cancelled": { data: taskFact.extend({ log_chunks: z.int().optional(), ...began, ...usage }) },
  "job.completed": {
    data: z.object({
      job_id: id,
      workspace_id: id,
      type: z.string(),
      queue: z.string(),
      attempt: z.int(),
      result: z.unknown(),
      log_chunks: z.int(),
      at: time,
      ...began,
      ...usage,
    }),
  },
  "job.dead_lettered": {
    data: z.object({
      dead_letter_id: id,
      job_id: id,
      workspace_id: id,
      type: z.string(),
      queue: z.string(),
      attempts: z.int(),
      /** The last one's number; `attempts` is how many of them counted. */
      attempt: z.int().optional(),
      reason: z.string(),
      error: failure,
      log_chunks: z.int(),
      at: time,
      ...began,
      ...usage,
    }),
  },
  "user.registered": { data: z.object({ user_id: id, email: z.string(), name: z.string() }) },
  /** A session has ended; without one, all of the user's. */
  "user.logged_out": { data: z.object({ user_id: id, session_id: id.nullable(), at: time }) },
  /** A person in a workspace; without a role they are no member any more. Who is suspended has one, and is kept out. */
  "member.changed": {
    data: z.object({
      workspace_id: id,
      user_id: id,
      email: z.string(),
      role: z.string().nullable(),
      suspended: z.boolean().optional(),
      at: time,
    }),
  },
  "user.invited": {
    data: z.object({
      invite_id: id,
      workspace_id: id,
      email: z.string(),
      role: z.string(),
      invited_by: id,
      expires_at: time,
    }),
  },
  "artifact.stored": {
    data: z.object({
      artifact_id: id,
      workspace_id: id,
      run_id: id,
      task: z.string().nullable(),
      name: z.string(),
      size_bytes: z.int(),
      sha256: z.string(),
    }),
  },
  "ticket.created": { data: ticketFact },
  /** The names of the fields that are different now; a new status is told by itself. */
  "ticket.updated": { data: ticketFact.extend({ changed: z.array(z.string()) }) },
  "ticket.status.updated": { data: ticketFact.extend({ earlier_status: z.string() }) },
  /** The beginning of what was said. */
  "comment.added": { data: ticketFact.extend({ comment_id: id, text: z.string() }) },
  /** What somebody did, for the audit log alone. Its workspace is further in: what is told with one can begin runs. */
  "audit.recorded": {
    data: z.object({
      action: z.string(),
      actor: z.object({ kind: z.string(), id, email: z.string(), grant_id: z.string() }),
      of: z.object({ workspace_id: id }),
      subject: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
      details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
      address: z.string().nullable(),
      device: z.string(),
    }),
  },
  /** Somebody has something new in their inbox. As above: a run that it began could end in another one. */
  "notification.alert": {
    data: z.object({
      notification_id: id,
      of: z.object({ workspace_id: id, user_id: id }),
      type: z.string(),
      title: z.string(),
      link: z.string().nullable(),
    }),
  },
} as const satisfies Record<string, { data: z.ZodType }>
