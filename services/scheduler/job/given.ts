import type { Actor } from "#kernel/auth/actor.ts"
import type { Role } from "#kernel/auth/permissions.ts"
import type { App } from "#kernel/http/app.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import type { Engine } from "../engine.ts"
import { workspace_id } from "../given.ts"
import { schedulerHttp } from "../http.ts"
import type { RemoteGround } from "../remote/http.ts"
import type { JobStatus } from "./moves.ts"
import type { Job } from "./shape.ts"

export const other_workspace_id = "0198c0de-0000-7000-8000-000000000002"

type Json = Record<string, unknown>

export type Answered<Body = Json> = { readonly status: number; readonly body: Body }

export type Ask = {
  readonly body?: unknown
  /** As it is, whatever it is. */
  readonly text?: string
  readonly role?: Role
  readonly workspace?: string
  /** Of a token that is for these queues alone. */
  readonly queues?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
}

/** The roles whose tokens are valid at present; all when left out. */
type Known = { readonly known?: ReadonlySet<string> }

const noLogs: RemoteGround["logs"]["appendLogs"] = () => Promise.reject(new Problem("platform.unavailable"))

/** The scheduler's door; the caller's role and workspace are what the test says. */
export const jobsDoor = (engine: Engine, { known, ...ground }: Partial<RemoteGround> & Known = {}) => {
  const actorOf = (authorization = ""): Actor => {
    const [role = "", workspace = "", queues = ""] = authorization.split("@")
    if (known && !known.has(role)) throw new Problem("auth.invalid")
    return {
      kind: "user",
      user_id: workspace_id,
      email: "ada@example.test",
      workspace_id: workspace,
      role: role as Role,
      grant_id: workspace_id,
      ...(queues !== "" && { queues: queues.split(",") }),
    }
  }
  const app: App = schedulerHttp(
    { ...engine, logs: { appendLogs: noLogs }, closing: new AbortController().signal, ...ground },
    {
      service: "scheduler",
      authenticate: async ({ authorization }) => actorOf(authorization),
      log: silentLog,
      metrics: createMetrics(),
    },
  )
  const ask = async <Body = Json>(method: string, path: string, more: Ask = {}): Promise<Answered<Body>> => {
    const { role = "operator", workspace = workspace_id, body, text, queues = [] } = more
    const sent = text ?? (body === undefined ? undefined : JSON.stringify(body))
    const typed = sent === undefined ? {} : { "content-type": "application/json" }
    const response = await app.request(`/api/v1${path}`, {
      method,
      headers: { authorization: `${role}@${workspace}@${queues.join(",")}`, ...typed, ...more.headers },
      ...(sent !== undefined && { body: sent }),
    })
    const answer = response.status === 204 ? undefined : await response.json()
    return { status: response.status, body: answer as Body }
  }
  const create = async (job: Json = {}, more: Ask = {}): Promise<Job> => {
    const { status, body } = await ask<Job>("POST", "/jobs", { ...more, body: { type: "noop", ...job } })
    if (status !== 201) throw new Error(`the job was not created: ${JSON.stringify(body)}`)
    return body
  }
  return { app, ask, create }
}

export type JobsDoor = ReturnType<typeof jobsDoor>

const ready = (engine: Engine, { id }: Job) =>
  engine.database.run(
    (sql) => sql`
      insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
      select id, workspace_id, queue, slot, floor(extract(epoch from queued_at) * 1000)::bigint - 60000 * priority
      from scheduler.task_run where id = ${id}::text::uuid`,
  )

const claimed = (engine: Engine, { id }: Job) =>
  engine.database.run(
    (sql) => sql`
      with claimed as (
        insert into scheduler.claim (token, session_id, ids, open)
        values (nextval('scheduler.token'), ${workspace_id}::text::uuid, array[${id}::text::uuid], 1)
        returning token
      )
      update scheduler.task_run set token = claimed.token, attempt = attempt + 1, started_at = now(), worker_id = 'w'
      from claimed where id = ${id}::text::uuid`,
  )

const timed = (engine: Engine, { id }: Job, kind: string) =>
  engine.database.run(
    (sql) => sql`
      insert into scheduler.timer (due_at, kind, task_run_id)
      values (now() + interval '1 hour', ${kind}, ${id}::text::uuid)`,
  )

const died = (engine: Engine, { id, queue, type }: Job, dead_letter_id: string) =>
  engine.database.run(
    (sql) => sql`
      with dead as (
        insert into scheduler.dead_letter (id, job_id, workspace_id, queue, type, reason, attempts)
        values (${dead_letter_id}::text::uuid, ${id}::text::uuid, ${workspace_id}::text::uuid, ${queue}, ${type},
          'task.failed', 4)
        returning job_id
      )
      update scheduler.task_run
      set attempt = 5, lost = 1, finished_at = now(), error = '{"code":"task.failed","message":"No."}'
      from dead where id = dead.job_id`,
  )

/** Puts a job into a state with all that belongs to it, whatever led there. */
export const putInto = async (engine: Engine, job: Job, status: JobStatus): Promise<string> => {
  const { database, kit } = engine
  const dead_letter_id = kit.id()
  await database.run((sql) => sql`delete from scheduler.ready where task_run_id = ${job.id}::text::uuid`)
  await database.run(
    (sql) => sql`update scheduler.task_run set status = ${status} where id = ${job.id}::text::uuid`,
  )
  if (status === "queued") await ready(engine, job)
  if (status === "running") await claimed(engine, job)
  if (status === "pending") await timed(engine, job, "start")
  if (status === "retrying") await timed(engine, job, "retry")
  if (status === "dead_letter") await died(engine, job, dead_letter_id)
  return dead_letter_id
}
