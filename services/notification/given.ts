import { randomBytes } from "node:crypto"
import type { Actor } from "#kernel/auth/actor.ts"
import type { Permission, Role } from "#kernel/auth/permissions.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import type { Envelope, EventData, EventName } from "#kernel/events/envelope.ts"
import type { App } from "#kernel/http/app.ts"
import type { Mail } from "#kernel/mail/mail.ts"
import { createPolicy } from "#kernel/outbound/policy.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics, type Metrics } from "#kernel/telemetry/metrics.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { createSender, type Sender } from "./delivery/send.ts"
import type { RunFacts } from "./event/describe.ts"
import { listenFor } from "./event/listen.ts"
import type { Member } from "./event/members.ts"
import { recordEvents } from "./event/record.ts"
import { notificationHttp } from "./http.ts"
import { createMeasures, observeWaiting } from "./measure/measures.ts"
import type { Office } from "./office.ts"
import { createStreams } from "./stream/streams.ts"
import { createVault } from "./subscription/vault.ts"

export type Person = Member & {
  readonly workspace_id: string
  readonly bearer: string
  /** Of a token that is for these alone. */
  readonly scopes?: readonly Permission[]
}

export type Answer = { readonly status: number; readonly body: Record<string, unknown> }

type Asking = readonly [person: Person, method: string, path: string, body?: unknown]

export type NotificationHouse = {
  readonly office: Office
  readonly app: App
  readonly sender: Sender
  /** What the other services would say. */
  readonly known: Known
  /** As another process of the same service. */
  neighbour(): { readonly office: Office; readonly app: App; readonly sender: Sender }
  tell(...events: readonly Envelope[]): Promise<void>
  ask(...asked: Asking): Promise<Answer>
  /** What Prometheus would read. */
  expose(): Promise<string>
  close(): Promise<void>
}

export type Known = {
  readonly people: Map<string, Person[]>
  readonly runs: Map<string, RunFacts>
  readonly open: Set<string>
  readonly tags: Map<string, readonly string[]>
  lines: readonly string[]
}

type Furniture = { readonly mail?: Mail; readonly allow?: readonly string[] }

const blankKnown = (): Known => ({
  people: new Map(),
  runs: new Map(),
  open: new Set(),
  tags: new Map(),
  lines: [],
})

const officeOn = (
  database: Office["database"],
  known: Known,
  { mail, allow = ["127.0.0.1"], metrics }: Furniture & { readonly metrics: Metrics },
): Office => {
  const kit = systemKit()
  const settings = { allow: "WF_NOTIFICATION_HTTP_ALLOW", only: "WF_NOTIFICATION_HTTP_ONLY" }
  return {
    ...{ database, kit, mail, log: silentLog },
    vault: createVault(key),
    streams: createStreams({ database, kit }),
    listening: listenFor(database),
    outbound: {
      policy: createPolicy({ settings, allow, only: [] }),
      resolve: async (host) => (host === "localhost" ? ["127.0.0.1"] : ["10.0.0.1"]),
    },
    public_url: "https://wf.example.test",
    members: async (workspace_id) => known.people.get(workspace_id) ?? [],
    describe: async (_, run_id) => known.runs.get(run_id),
    openRuns: async (run_ids) => run_ids.filter((id) => known.open.has(id)),
    tagsOf: async (_, workflows) => new Map(workflows.map((name) => [name, known.tags.get(name) ?? []])),
    tail: async () => known.lines,
    measures: createMeasures(metrics),
    wake: () => undefined,
  }
}

const key = platformKey(randomBytes(32).toString("base64"))

const actorOf = (known: Known, authorization: string): Actor => {
  const bearer = authorization.replace("Bearer ", "")
  const person = [...known.people.values()].flat().find((one) => one.bearer === bearer)
  if (!person) throw new Problem("auth.required")
  return { kind: "user", grant_id: person.user_id, ...person }
}

const doorOf = (office: Office, known: Known): App =>
  notificationHttp(office, {
    ...{ service: "notification", log: silentLog, metrics: createMetrics() },
    authenticate: async ({ authorization = "" }) => actorOf(known, authorization),
  })

export const given = {
  /** The service on a database of its own, and others that say what a test has them say. */
  house: async (furniture: Furniture = {}): Promise<NotificationHouse> => {
    const migrations = migrationsOf(new URL("./migrations", import.meta.url).pathname)
    const database = await testDatabase({ schema: "notification", migrations, max_sessions: 8 })
    const known = blankKnown()
    const metrics = createMetrics()
    const office = officeOn(database, known, { ...furniture, metrics })
    const app = doorOf(office, known)
    const record = recordEvents(office)
    observeWaiting(metrics, { database, openStreams: office.streams.count })
    return {
      ...{ office, app, known },
      sender: createSender(office),
      neighbour() {
        const other = officeOn(database, known, { ...furniture, metrics })
        return { office: other, app: doorOf(other, known), sender: createSender(other) }
      },
      tell: (...events) => record(events),
      async ask(...[{ bearer }, method, path, body]) {
        const response = await app.request(`/api/v1/${path}`, {
          method,
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        })
        const text = await response.text()
        return { status: response.status, body: text === "" ? {} : JSON.parse(text) }
      },
      expose: metrics.expose,
      close: () => database.close(),
    }
  },

  /** Somebody in a workspace; in one of their own, unless it is said. */
  person: (
    { known }: Pick<NotificationHouse, "known">,
    role: Role = "owner",
    workspace_id: string = crypto.randomUUID(),
  ): Person => {
    const user_id = crypto.randomUUID()
    const person = { user_id, role, workspace_id, email: `${user_id}@example.test`, bearer: `b-${user_id}` }
    known.people.set(workspace_id, [...(known.people.get(workspace_id) ?? []), person])
    return person
  },

  event: <Name extends EventName>(
    type: Name,
    data: EventData<Name>,
    more: { readonly at?: string; readonly id?: string } = {},
  ) =>
    ({
      ...{
        id: crypto.randomUUID(),
        type,
        source: "scheduler",
        key: "key",
        at: new Date(Date.now() + 1_000).toISOString(),
      },
      ...{ data, ...more },
    }) as Envelope,

  /** The end of a run, of which the scheduler knows why it ended so. */
  end: (
    { known }: Pick<NotificationHouse, "known">,
    workspace_id: string,
    more: Partial<EventData<"workflow.completed">> = {},
  ) => {
    const run_id = crypto.randomUUID()
    const now = new Date()
    const started_at = new Date(now.getTime() - 5_000).toISOString()
    const data = {
      ...{ run_id, workspace_id, workflow: "nightly", version: 1, status: "failed" as const, reason: null },
      ...{ started_at, finished_at: now.toISOString(), ...more },
    }
    const cause = { task: "build", attempt: 2, code: "exit", message: "the compiler said no" }
    const { workflow, version, status, reason, finished_at } = data
    known.runs.set(data.run_id, { workflow, version, status, reason, started_at, finished_at, cause })
    return given.event("workflow.completed", data)
  },

  approval: (
    { known }: Pick<NotificationHouse, "known">,
    workspace_id: string,
    asked: { readonly roles?: string[]; readonly people?: string[] },
  ) => {
    const run_id = crypto.randomUUID()
    const none = { reason: null, started_at: null, finished_at: null, cause: null }
    known.runs.set(run_id, { workflow: "release", version: 1, status: "running", ...none })
    const at = new Date().toISOString()
    return given.event("task.waiting", {
      ...{ task_run_id: crypto.randomUUID(), run_id, workspace_id, task: "sign_off", attempt: 0, at },
      ...{ for: "approval", until: null, message: "May it go out?", ...asked },
    })
  },
} as const
