import { beforeAll, expect, test } from "bun:test"
import { includes, operations as permissionOf } from "#kernel/auth/permissions.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { type Operation, operations } from "./operations.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let workspace_id: string
let slug: string
let secured: readonly Operation[]

type Caller = Readonly<Record<string, string>>

const callerOf = (token: string, workspace?: string): Caller => ({
  authorization: `Bearer ${token}`,
  ...(workspace !== undefined && { "wf-workspace": workspace }),
})

const nobodys = "0198c0de-0000-7000-8000-000000000000"

const attempt = { task_run_id: nobodys, token: "1" }

/** Bodies that are taken, so that what refuses is the permission. */
const bodies: Readonly<Record<string, object>> = {
  createSubscription: { events: ["run.failed"] },
  redeliverMany: { status: "dead" },
  setArtifactRetention: { keep_days: 1 },
  addDraftDependency: { task_id: nobodys, depends_on_task_id: nobodys },
  addDraftTask: { workflow_id: nobodys, name: "t", type: "noop", payload: {} },
  createDraft: { name: "draft" },
  createJob: { type: "noop", payload: {} },
  createJobs: { jobs: [{ type: "noop", payload: {} }] },
  startRun: { workflow: "nothing" },
  createSchedule: { name: "nothing", workflow: "nothing", cron: "0 0 1 1 *" },
  backfillSchedule: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" },
  giveSecrets: attempt,
  setSecret: { value: "nobody's" },
  setRetention: { keep_days: 30 },
  openWorker: { name: "matrix", functions: ["matrix"] },
  claimWork: { worker_id: nobodys, max_tasks: 1, wait: "0s" },
  beatWorker: { worker_id: nobodys, held: [] },
  shipWorkLogs: {
    worker_id: nobodys,
    chunks: [
      {
        ...attempt,
        chunk: 0,
        first_line: 1,
        lines: [{ stream: "stdout", text: "x", at: "2026-01-01T00:00:00Z" }],
      },
    ],
  },
  reportWork: { worker_id: nobodys, results: [{ ...attempt, outcome: "completed" }] },
  pushWorkflow: { name: "sequence", steps: [{ name: "one", type: "noop", payload: {}, max_retries: 0 }] },
  renameWorkspace: { name: "mine" },
  createToken: { name: "mine" },
  createServiceAccount: { name: "mine", role: "viewer" },
  createServiceToken: { name: "mine" },
  createInvite: { email: "x@example.test", role: "viewer" },
  changeMember: { role: "viewer" },
  createWorkspace: { name: "mine" },
  acceptInvite: { token: "wfi_none" },
  decideDevice: { user_code: "BBBB-BBBB" },
}

const ask = async ({ id, path, method, content_type }: Operation, caller: Caller) => {
  const place = path
    .replace("{workspace_id}", workspace_id)
    .replace("{version}", "1")
    .replaceAll(/\{\w+_id\}/g, nobodys)
    .replaceAll(/\{\w+\}/g, "nothing")
  const response = await fetch(`${it.url}${place}`, {
    method,
    headers: { ...caller, ...(content_type !== undefined && { "content-type": content_type }) },
    ...(content_type !== undefined && { body: JSON.stringify(bodies[id] ?? {}) }),
  })
  const text = await response.text()
  const { code } = text.startsWith("{") ? (JSON.parse(text) as { code?: string }) : {}
  return `${id} ${response.status} ${code ?? ""}`
}

const answersTo = async (asked: readonly Operation[], caller: Caller) => {
  const found: string[] = []
  for (const operation of asked) found.push(await ask(operation, caller))
  return found
}

/** What the table says that a viewer may not, and nothing else, is refused for want of a permission. */
const checkViewer = async (caller: Caller) => {
  const needsMore = ({ id }: Operation) => {
    const asks = permissionOf[id]
    return asks !== undefined && asks !== "open" && asks !== "signed_in" && !includes("viewer", asks)
  }
  const refused = secured.filter(needsMore)
  expect(refused.length).toBeGreaterThan(30)
  expect(await answersTo(refused, caller)).toEqual(refused.map(({ id }) => `${id} 403 auth.forbidden`))
}

const guest = async () => {
  const { identity } = createClient({ url: it.url })
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...person, name: "Guest" })
  const { access_token: token } = await identity.login(person)
  const { workspaces } = createClient({ url: it.url, token: it.token })
  const invite = await workspaces.invites.create(workspace_id, { email: person.email, role: "viewer" })
  await createClient({ url: it.url, token }).workspaces.accept(invite.token)
  return { token, email: person.email }
}

beforeAll(async () => {
  it = await platform()
  const made = await it.client.workspaces.create({ name: "Matrix" })
  workspace_id = made.id
  slug = made.slug
  secured = (await operations()).filter(({ isOpen }) => !isOpen)
}, 120_000)

/** One path of each service, since each finds out by itself. */
const paths = ["runs", "workflows", "auth/me", "executions", "notifications", `runs/${nobodys}/artifacts`]

const isAnswered = async (caller: Caller, fits: (status: number) => boolean) => {
  const answers = await Promise.all(
    paths.map((path) => fetch(`${it.url}/api/v1/${path}`, { headers: caller })),
  )
  return answers.every(({ status }) => fits(status))
}

test("a viewer is refused whatever the table doesn't let them do", async () => {
  const { token } = await guest()
  await checkViewer(callerOf(token, slug))
})

test("an owner's token that was made for a viewer's part is refused the same", async () => {
  const client = createClient({ url: it.url, token: it.token, workspace: slug })
  const { token } = await client.identity.createToken({ name: "narrow", role: "viewer" })
  await checkViewer(callerOf(token))
})

test("a token for one thing is refused whatever else there is, though its holder may do it", async () => {
  const client = createClient({ url: it.url, token: it.token, workspace: slug })
  const { token } = await client.identity.createToken({ name: "scoped", scopes: ["workflow.read"] })
  const others = secured.filter(({ id }) => {
    const asks = permissionOf[id]
    return asks !== undefined && asks !== "signed_in" && asks !== "workflow.read"
  })
  expect(others.length).toBeGreaterThan(60)
  expect(await answersTo(others, callerOf(token))).toEqual(others.map(({ id }) => `${id} 403 auth.forbidden`))
})

test("a token for one thing does nothing for its holder's account", async () => {
  const client = createClient({ url: it.url, token: it.token, workspace: slug })
  const { token } = await client.identity.createToken({ name: "scoped", scopes: ["workflow.read"] })
  const own = secured.filter(({ id }) => permissionOf[id] === "signed_in")
  expect(own.length).toBeGreaterThan(7)
  // Who it is, and where it is for, a token may know of itself; it has no session to end.
  const harmless: Readonly<Record<string, number>> = { getMe: 200, listWorkspaces: 200, logout: 422 }
  const answers = await answersTo(own, callerOf(token))
  const statuses = answers.map((answer) => answer.split(" ").slice(0, 2).join(" "))
  expect(statuses).toEqual(own.map(({ id }) => `${id} ${harmless[id] ?? 403}`))
})

test("who was removed finds nothing of the workspace, and their token for it is none any more", async () => {
  const { token, email } = await guest()
  const theirs = createClient({ url: it.url, token, workspace: slug })
  const bound = await theirs.identity.createToken({ name: "bound" })
  const owner = createClient({ url: it.url, token: it.token, workspace: slug })
  const { items } = await owner.workspaces.members.list(workspace_id, { limit: 200 })
  const member = items.find((one) => one.email === email)
  await owner.workspaces.members.remove(workspace_id, member?.user_id ?? "")
  await until("the removal counts", () => isAnswered(callerOf(token, slug), (status) => status === 404))
  await until("so for the token", () => isAnswered(callerOf(bound.token), (status) => status === 401))
  const all = (status: number, code: string) => secured.map(({ id }) => `${id} ${status} ${code}`)
  expect(await answersTo(secured, callerOf(token, slug))).toEqual(all(404, "workspace.not_found"))
  expect(await answersTo(secured, callerOf(bound.token))).toEqual(all(401, "auth.invalid"))
})

test("who is suspended finds nothing of the workspace open, whatever they come with, until they are resumed", async () => {
  const { token, email } = await guest()
  const theirs = createClient({ url: it.url, token, workspace: slug })
  const bound = await theirs.identity.createToken({ name: "bound" })
  const { members } = createClient({ url: it.url, token: it.token, workspace: slug }).workspaces
  const { items } = await members.list(workspace_id, { limit: 200 })
  const user_id = items.find((one) => one.email === email)?.user_id ?? ""
  await members.suspend(workspace_id, user_id)
  const callers = [callerOf(token, slug), callerOf(bound.token)]
  const expected = secured.map(({ id }) => `${id} 403 member.suspended`)
  for (const caller of callers) {
    await until("the suspension counts", () => isAnswered(caller, (status) => status === 403))
    expect(await answersTo(secured, caller)).toEqual(expected)
  }
  await members.resume(workspace_id, user_id)
  for (const caller of callers)
    await until("they are in again", () => isAnswered(caller, (status) => status !== 403))
})

test("who is suspended from the platform finds nothing open, nor does any token of theirs", async () => {
  const { token, email } = await guest()
  const theirs = createClient({ url: it.url, token, workspace: slug })
  const bound = await theirs.identity.createToken({ name: "bound" })
  const everywhere = await theirs.identity.createToken({ name: "everywhere", all_workspaces: true })
  const [account] = (await it.client.accounts.list({ email })).items
  await it.client.accounts.suspend(account?.id ?? "")
  const callers: [Caller, number, string][] = [
    [callerOf(token), 401, "auth.invalid"],
    [callerOf(bound.token), 403, "account.suspended"],
    [callerOf(everywhere.token, slug), 403, "account.suspended"],
  ]
  for (const [caller, status, code] of callers) {
    await until("the suspension counts", () => isAnswered(caller, (answer) => answer === status))
    expect(await answersTo(secured, caller)).toEqual(secured.map(({ id }) => `${id} ${status} ${code}`))
  }
})

test("a token that has expired opens nothing", async () => {
  const expires_at = new Date(Date.now() + 1_000).toISOString()
  const { token } = await it.client.identity.createToken({ name: "brief", expires_at })
  await until("it has expired", async () =>
    (await ask(secured[0] as Operation, callerOf(token))).includes(" 401 "),
  )
  const expected = secured.map(({ id }) => `${id} 401 auth.invalid`)
  expect(await answersTo(secured, callerOf(token))).toEqual(expected)
})
