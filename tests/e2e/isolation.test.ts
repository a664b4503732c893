import { beforeAll, expect, test } from "bun:test"
import { operations as permissionOf } from "#kernel/auth/permissions.ts"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { type Operation, operations } from "./operations.ts"
import { platform, type UnderTest } from "./platform.ts"

const name = "isolated"
const file = "secret.txt"

type Owned = {
  readonly run_id: string
  readonly token_id: string
  readonly job_id: string
  readonly dead_letter_id: string
  readonly draft_id: string
  readonly slug: string
  readonly sha256: string
  readonly worker_id: string
  readonly workspace_id: string
  readonly user_id: string
  readonly invite_id: string
  readonly session_id: string
  readonly account_id: string
  readonly subscription_id: string
  readonly delivery_id: string
  readonly notification_id: string
}

let it: UnderTest
let owned: Owned
let stranger: string
let secured: readonly Operation[]

const drafted = async (): Promise<string> => {
  const answer = await fetch(`${it.url}/api/workflows`, {
    method: "POST",
    headers: { authorization: `Bearer ${it.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name }),
  })
  return ((await answer.json()) as { id: string }).id
}

const opened = async (): Promise<string> => {
  const answer = await fetch(`${it.url}/api/v1/workers`, {
    method: "POST",
    headers: { authorization: `Bearer ${it.token}`, "content-type": "application/json" },
    body: JSON.stringify({ name, functions: [name] }),
  })
  return ((await answer.json()) as { worker_id: string }).worker_id
}

/** A session of somebody else than the stranger. */
const signedIn = async (): Promise<string> => {
  const token = await ofStranger()
  const [session] = (await createClient({ url: it.url, token }).identity.sessions()).items
  return session?.id ?? ""
}

const ofStranger = async (): Promise<string> => {
  const { identity } = createClient({ url: it.url })
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...person, name: "Stranger" })
  return (await identity.login(person)).access_token
}

/** Something that the first workspace was told of. */
const told = async () => {
  const { subscriptions, deliveries, notifications } = it.client
  const { id: subscription_id } = await subscriptions.create({ events: ["run.failed"], name })
  const { id: delivery_id } = await subscriptions.test(subscription_id)
  const [notice] = (await notifications.list()).items
  expect((await deliveries.get(delivery_id)).status).toBe("delivered")
  return { subscription_id, delivery_id, notification_id: notice?.id ?? "" }
}

beforeAll(async () => {
  it = await platform()
  const { client } = it
  await client.workflows.push(
    `name: ${name}\ntriggers: [{ type: webhook, name: ${name} }]\ntasks:\n  one:\n    run: echo one\n`,
  )
  await client.schedules.create({ name, workflow: name, cron: "0 0 1 1 *" })
  await client.secrets.set(name, "nobody's else")
  const run = await client.runs.start({ workflow: name })
  for await (const _ of client.runs.watch(run.id));
  const { sha256 } = await client.artifacts.upload(run.id, { name: file, body: new Blob(["secret"]) })
  const token = await client.identity.createToken({ name })
  const { workspace, user } = await client.identity.me()
  const invited = { email: "invited@example.test", role: "viewer" } as const
  const { id: invite_id } = await client.workspaces.invites.create(workspace.id, invited)
  const account = await client.workspaces.serviceAccounts.create(workspace.id, { name, role: "viewer" })
  const { id: job_id } = await client.jobs.create({ type: "sleep", payload: {}, queue: name })
  await until("the job dies", async () => (await client.jobs.get(job_id)).status === "dead_letter")
  const [letter] = (await client.deadLetters.list({ job_id })).items
  owned = {
    ...{ run_id: run.id, token_id: token.id, slug: workspace.slug, sha256 },
    ...{ job_id, dead_letter_id: letter?.id ?? "", draft_id: await drafted(), worker_id: await opened() },
    ...{ workspace_id: workspace.id, user_id: user.id, invite_id },
    session_id: await signedIn(),
    account_id: account.id,
    ...(await told()),
  }
  stranger = await ofStranger()
  secured = (await operations()).filter(({ isOpen }) => !isOpen)
}, 120_000)

/** What these can't be asked without. */
const bodies = (): Readonly<Record<string, object>> => ({
  claimWork: { worker_id: owned.worker_id, max_tasks: 1, wait: "0s" },
  beatWorker: { worker_id: owned.worker_id, held: [] },
  startRun: { workflow: name },
  renameWorkspace: { name },
  changeMember: { role: "viewer" },
  createInvite: { email: "x@example.test", role: "viewer" },
  createSubscription: { events: ["run.failed"] },
  createServiceAccount: { name: "theirs", role: "viewer" },
  createServiceToken: { name },
  acceptInvite: { token: "wfi_none" },
  backfillSchedule: { from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z" },
})

/** The operation, asked about what the first workspace owns. */
const ask = (operation: Operation, headers: Record<string, string>): Promise<Response> => {
  const path = operation.path
    .replace("{run_id}", owned.run_id)
    .replace("{token_id}", owned.token_id)
    .replace("{job_id}", owned.job_id)
    .replace("{dead_letter_id}", owned.dead_letter_id)
    .replace("{workflow_id}", owned.draft_id)
    .replace("{worker_id}", owned.worker_id)
    .replace("{workspace_id}", owned.workspace_id)
    .replace("{user_id}", owned.user_id)
    .replace("{invite_id}", owned.invite_id)
    .replace("{account_id}", owned.account_id)
    .replace("{session_id}", owned.session_id)
    .replace("{subscription_id}", owned.subscription_id)
    .replace("{delivery_id}", owned.delivery_id)
    .replace("{notification_id}", owned.notification_id)
    .replace("{version}", "1")
    .replace("{workflow}", name)
    .replace("{name}", operation.path.includes("/artifacts/") ? file : name)
  const body = JSON.stringify(bodies()[operation.id] ?? {})
  return fetch(`${it.url}${path}`, {
    method: operation.method,
    headers: { ...headers, ...(operation.content_type && { "content-type": operation.content_type }) },
    ...(operation.content_type !== undefined && { body }),
  })
}

const outcomes = async (asked: readonly Operation[], headers: Record<string, string>) => {
  const found: string[] = []
  for (const operation of asked) found.push(`${operation.id} ${(await ask(operation, headers)).status}`)
  return found
}

const all = (asked: readonly Operation[], status: number) => asked.map(({ id }) => `${id} ${status}`)

test("only what makes somebody known is open, and webhooks, which check by themselves", async () => {
  const open = (await operations()).filter(({ isOpen }) => isOpen).map(({ id }) => id)
  const asked = Object.keys(permissionOf).filter((id) => permissionOf[id] === "open")
  expect(open.sort()).toEqual(asked.sort())
})

test("nobody, and who has a token that is none, is refused by every other operation", async () => {
  for (const headers of [{}, { authorization: "Bearer wft_none" }, { authorization: "Bearer a.b.c" }])
    expect(await outcomes(secured, headers)).toEqual(all(secured, 401))
})

/** These name what they are about in their bodies. */
const namesInBody = new Set(["startRun", "claimWork", "beatWorker"])

test("what another workspace owns is not found by any operation", async () => {
  // These names are nobody's own: each workspace has its own queue of that name, and may set its own secret.
  const isFree = ({ path, id }: Operation) => path.includes("/queues/") || id === "setSecret"
  const about = secured.filter(
    (operation) => (operation.path.includes("{") && !isFree(operation)) || namesInBody.has(operation.id),
  )
  expect(await outcomes(about, { authorization: `Bearer ${stranger}` })).toEqual(all(about, 404))
})

test("another workspace can't be chosen by its name", async () => {
  const headers = { authorization: `Bearer ${stranger}`, "wf-workspace": owned.slug }
  expect(await outcomes(secured, headers)).toEqual(all(secured, 404))
})

test("lists hold nothing of another workspace", async () => {
  // What goes on without an end is no list, whose inbox it is says the token, and accounts are everybody's.
  const isList = ({ path, method, id }: Operation) =>
    method === "GET" && !path.includes("{") && !["followNotifications", "listAccounts"].includes(id)
  const lists = secured.filter(isList)
  expect(lists.length).toBeGreaterThanOrEqual(5)
  for (const operation of lists) {
    const answer = await ask(operation, { authorization: `Bearer ${stranger}` })
    const text = await answer.text()
    expect([operation.id, answer.status]).toEqual([operation.id, 200])
    // The usual queue and a type of tasks are called like the first workspace, in every workspace.
    const names = ["listQueues", "listWorkers"].includes(operation.id) ? [name] : [name, owned.slug]
    const ids = [
      ...[owned.run_id, owned.token_id, owned.job_id, owned.dead_letter_id],
      ...[owned.subscription_id, owned.delivery_id, owned.notification_id],
    ]
    for (const secret of [...ids, ...names.map((one) => `"${one}"`)])
      expect([operation.id, text.includes(secret)]).toEqual([operation.id, false])
  }
})

test("who is known to the platform is told to its operators alone", async () => {
  const list = secured.filter(({ id }) => id === "listAccounts")
  expect(await outcomes(list, { authorization: `Bearer ${stranger}` })).toEqual(["listAccounts 403"])
})

test("nothing of all that has changed what is owned", async () => {
  const { client } = it
  expect((await client.runs.get(owned.run_id)).status).toBe("completed")
  const { items } = await client.artifacts.list(owned.run_id)
  expect(items.map(({ sha256 }) => sha256)).toEqual([owned.sha256])
  expect(await client.workflows.get(name)).toMatchObject({ name, archived_at: null })
  expect(await client.schedules.get(name)).toMatchObject({ name, paused_at: null })
  expect((await client.secrets.list()).items.map((secret) => secret.name)).toContain(name)
  expect((await client.jobs.get(owned.job_id)).status).toBe("dead_letter")
  expect((await client.deadLetters.list({ job_id: owned.job_id })).items).toHaveLength(1)
  expect(await client.subscriptions.get(owned.subscription_id)).toMatchObject({ name, paused_at: null })
  const [notice] = (await client.notifications.list()).items
  expect(notice).toMatchObject({ id: owned.notification_id, read_at: null })
  const { workspace } = await client.identity.me()
  expect(workspace).toMatchObject({ name: "Default", role: "owner", archived_at: null })
  expect((await client.workspaces.invites.list(workspace.id)).items.map(({ id }) => id)).toEqual([
    owned.invite_id,
  ])
  expect(await client.queues.get(name)).toMatchObject({ paused: false, dead_letters: 1 })
})
