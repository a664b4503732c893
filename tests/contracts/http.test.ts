import { expect, test } from "bun:test"
import { platformDocument } from "#services/all/document.ts"

type Operation = {
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>
}

const { paths, tags = [] } = platformDocument()

const operations = new Map(
  Object.entries(paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Readonly<Record<string, Operation>>).map(
      ([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const,
    ),
  ),
)

/** Parameters may be renamed: what clients rely on is where they are. */
const shapeOf = (name: string): string => name.replace(/\{[^}]+\}/g, "{}")

/** What the contract promises, as far as it is there; each piece that lands adds its own. */
const promised = [
  "POST /api/v1/auth/register",
  "POST /api/v1/auth/login",
  "POST /api/v1/auth/refresh",
  "POST /api/v1/auth/logout",
  "GET /api/v1/auth/me",
  "POST /api/v1/auth/device/code",
  "POST /api/v1/auth/device/token",
  "POST /api/v1/auth/device/approve",
  "GET /api/v1/auth/sessions",
  "GET /api/v1/tokens",
  "POST /api/v1/tokens",
  "DELETE /api/v1/tokens/{}",
  "GET /api/v1/workspaces",
  "POST /api/v1/workspaces",
  "GET /api/v1/workspaces/{}/members",
  "PATCH /api/v1/workspaces/{}/members/{}",
  "DELETE /api/v1/workspaces/{}/members/{}",
  "GET /api/v1/workspaces/{}/invites",
  "POST /api/v1/workspaces/{}/invites",
  "DELETE /api/v1/workspaces/{}/invites/{}",
  "POST /api/v1/invites/accept",
  "GET /api/v1/audit",
  "GET /api/v1/workflows",
  "POST /api/v1/workflows",
  "POST /api/v1/workflows/validate",
  "GET /api/v1/workflows/{}",
  "GET /api/v1/workflows/{}/versions",
  "GET /api/v1/workflows/{}/versions/{}",
  "POST /api/v1/workflows/{}/start",
  "POST /api/workflows",
  "GET /api/workflows/{}",
  "POST /api/tasks",
  "POST /api/dependencies",
  "POST /api/workflows/{}/start",
  "POST /api/v1/runs",
  "GET /api/v1/runs",
  "GET /api/v1/runs/{}",
  "GET /api/v1/runs/{}/tasks",
  "GET /api/v1/runs/{}/events",
  "GET /api/v1/runs/{}/logs",
  "GET /api/v1/approvals",
  "POST /api/v1/jobs",
  "POST /api/v1/jobs/batch",
  "GET /api/v1/jobs",
  "GET /api/v1/jobs/{}",
  "POST /api/v1/jobs/{}/cancel",
  "GET /api/v1/dead-letters",
  "POST /api/v1/dead-letters/{}/replay",
  "POST /api/v1/dead-letters/replay",
  "POST /api/v1/dead-letters/{}/drop",
  "POST /api/v1/dead-letters/drop",
  "GET /api/v1/queues",
  "GET /api/v1/queues/{}",
  "PUT /api/v1/queues/{}",
  "POST /api/v1/queues/{}/pause",
  "POST /api/v1/queues/{}/resume",
  "GET /api/v1/workers",
  "GET /api/v1/executions",
  "GET /api/v1/runs/{}/artifacts",
  "PUT /api/v1/runs/{}/artifacts/{}",
  "GET /api/v1/runs/{}/artifacts/{}",
  "DELETE /api/v1/runs/{}/artifacts/{}",
  "POST /api/v1/runs/{}/artifacts/{}/presign",
  "GET /api/v1/subscriptions",
  "POST /api/v1/subscriptions",
  "GET /api/v1/subscriptions/{}",
  "PATCH /api/v1/subscriptions/{}",
  "DELETE /api/v1/subscriptions/{}",
  "GET /api/v1/deliveries",
  "GET /api/v1/notifications",
  "PATCH /api/v1/notifications/{}/read",
  "PATCH /api/v1/notifications/{}/unread",
  "POST /api/v1/notifications/read-all",
  "GET /api/v1/notifications/unread-count",
  "GET /api/v1/notifications/stream",
]

test("every path of the contract that is there stays there", () => {
  const there = new Set([...operations.keys()].map(shapeOf))
  expect(promised.filter((name) => !there.has(name))).toEqual([])
})

test("every operation may refuse, with application/problem+json", () => {
  const silent = [...operations]
    .filter(([, { responses }]) => responses.default?.content?.["application/problem+json"] === undefined)
    .map(([name]) => name)
  expect(silent).toEqual([])
})

test("every operation says in a line of its own what it does", () => {
  const lines = [...operations].map(([name, { summary = "" }]) => ({ name, summary }))
  const odd = lines.filter(({ summary }) => !/^[A-Z].{4,78}[^.]$/.test(summary))
  expect(odd).toEqual([])
  const twice = [...Map.groupBy(lines, ({ summary }) => summary).values()].filter(({ length }) => length > 1)
  expect(twice).toEqual([])
})

test("what operations are about is said of each subject, and of no other", () => {
  const used = new Set([...operations.values()].flatMap((operation) => operation.tags ?? []))
  expect(tags.map(({ name }) => name).toSorted()).toEqual([...used].toSorted())
})

test("every path is below the prefix, or is one of the few at the root", () => {
  const stray = Object.keys(paths ?? {}).filter(
    (path) => !/^\/(api\/(v1\/|workflows|tasks$|dependencies$)|\.well-known\/|hooks\/\{token\}$)/.test(path),
  )
  expect(stray).toEqual([])
})

test("whatever takes a cursor takes a limit, and the other way round", () => {
  const odd = [...operations]
    .map(([name, { parameters = [] }]) => [name, new Set(parameters.map((one) => one.name))] as const)
    .filter(([name, asked]) => !name.endsWith("/logs") && asked.has("limit") !== asked.has("cursor"))
    .map(([name]) => name)
  expect(odd).toEqual([])
})

test("what is written is in snake_case", () => {
  const odd = [...operations].flatMap(([name, { parameters = [] }]) =>
    parameters
      .filter((one) => one.in !== "header" && !/^[a-z][a-z0-9_]*$/.test(one.name))
      .map((one) => `${name}: ${one.name}`),
  )
  expect(odd).toEqual([])
})
