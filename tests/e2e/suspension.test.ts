import { beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let workspace_id: string
let slug: string

beforeAll(async () => {
  it = await platform()
  const made = await it.client.workspaces.create({ name: "Suspending" })
  workspace_id = made.id
  slug = made.slug
}, 120_000)

/** A second is what is promised; a machine that does much else meanwhile is given three. */
const promised_ms = 3_000

const member = async () => {
  const { identity } = createClient({ url: it.url })
  const person = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...person, name: "Grace" })
  const { access_token } = await identity.login(person)
  const invite = await it.client.workspaces.invites.create(workspace_id, {
    email: person.email,
    role: "developer",
  })
  await createClient({ url: it.url, token: access_token }).workspaces.accept(invite.token)
  const client = createClient({ url: it.url, token: access_token, workspace: slug })
  const { token } = await client.identity.createToken({ name: "bound" })
  return { person, access_token, token, client }
}

test("whoever suspends a member is told of the programs that they have made, which go on", async () => {
  const { person, access_token } = await member()
  const owner = createClient({ url: it.url, token: it.token, workspace: slug })
  const { items } = await owner.workspaces.members.list(workspace_id, { limit: 200 })
  const id = items.find(({ email }) => email === person.email)?.user_id ?? ""
  await owner.workspaces.members.setRole(workspace_id, id, "admin")
  const theirs = createClient({ url: it.url, token: access_token, workspace: slug })
  await until("they are an admin", async () => (await theirs.identity.me()).workspace.role === "admin")
  await theirs.workspaces.serviceAccounts.create(workspace_id, { name: "left-behind", role: "viewer" })
  const done = await it.wf(["members", "suspend", person.email, "--yes"], here())
  expect([done.code, done.stderr]).toEqual([0, expect.stringContaining("left-behind")])
})

const here = () => ({ env: { WF_WORKSPACE: slug } })

/** Follows a run for ever; answers how long after `end` the platform cut that off. */
const cutOff = async (run_id: string, token: string, end: () => Promise<unknown>) => {
  const headers = { authorization: `Bearer ${token}`, accept: "text/event-stream", "wf-workspace": slug }
  const response = await fetch(`${it.url}/api/v1/runs/${run_id}/events`, { headers })
  expect(response.status).toBe(200)
  const reader = response.body?.getReader()
  await reader?.read()
  await end()
  const began_ms = performance.now()
  const drain = async (): Promise<void> => {
    const { done } = (await reader?.read().catch(() => undefined)) ?? { done: true }
    if (!done) await drain()
  }
  await drain()
  return performance.now() - began_ms
}

const waiting = async (client: ReturnType<typeof createClient>) => {
  await client.workflows.push("name: waits\ntasks:\n  nap:\n    uses: sleep\n    with: { duration: 1h }\n")
  return (await client.runs.start({ workflow: "waits" })).id
}

/** One path of each service, since each finds out by itself. */
const codesOf = async (token: string): Promise<readonly unknown[]> => {
  const paths = ["runs", "workflows", "auth/me", "executions", `runs/${crypto.randomUUID()}/artifacts`]
  const headers = { authorization: `Bearer ${token}`, "wf-workspace": slug }
  const answers = await Promise.all(
    paths.map(async (path) => (await fetch(`${it.url}/api/v1/${path}`, { headers })).json()),
  )
  return answers.map((body) => (body as { code?: unknown }).code)
}

const refused = async (token: string, code: string): Promise<boolean> =>
  (await codesOf(token)).every((own) => own === code)

const letIn = async (token: string, code: string): Promise<boolean> =>
  (await codesOf(token)).every((own) => own !== code)

test("a member who is suspended is out of the workspace within a second, open streams too, and in again when resumed", async () => {
  const { person, access_token, token, client } = await member()
  const run_id = await waiting(client)
  expect((await it.wf(["members", "suspend", person.email], here())).code).toBe(2)
  const took_ms = await cutOff(run_id, token, async () => {
    const done = await it.wf(["members", "suspend", person.email, "--yes"], here())
    expect([done.code, done.stdout.trim().split("\t").at(-1)]).toEqual([0, "suspended"])
  })
  expect(took_ms).toBeLessThan(promised_ms)
  for (const one of [access_token, token])
    await until("every service refuses", () => refused(one, "member.suspended"))
  const told = await it.wf(["runs", "list"], { env: { WF_TOKEN: token, WF_WORKSPACE: slug } })
  expect([told.code, told.stderr]).toEqual([4, expect.stringContaining("wf members resume")])
  const listed = await it.wf(["members", "list"], here())
  expect(listed.stdout.split("\n").find((line) => line.startsWith(person.email))).toEndWith("suspended")
  const again = await it.wf(["members", "resume", person.email], here())
  expect([again.code, again.stdout.trim().split("\t").at(-1)]).toEqual([0, "active"])
  for (const one of [access_token, token])
    await until("every service lets them in again", () => letIn(one, "member.suspended"))
  expect((await client.runs.get(run_id)).id).toBe(run_id)
  const { items } = await createClient({ url: it.url, token: it.token, workspace: slug }).audit.list()
  expect(items.slice(0, 2).map(({ action }) => action)).toEqual(["member.resumed", "member.suspended"])
})

test("an account that is suspended is out of the platform within a second, and signs in anew when resumed", async () => {
  const { person, access_token, token, client } = await member()
  const run_id = await waiting(client)
  const took_ms = await cutOff(run_id, access_token, async () => {
    const done = await it.wf(["admin", "suspend", person.email, "--yes"])
    expect([done.code, done.stdout.split("\t")[3]]).toEqual([0, "suspended"])
  })
  expect(took_ms).toBeLessThan(promised_ms)
  await until("every service refuses the token", () => refused(token, "account.suspended"))
  await until("and the session", () => refused(access_token, "auth.invalid"))
  const login = () => it.wf(["login", "--url", it.url, "--email", person.email], { stdin: person.password })
  const shut = await login()
  expect([shut.code, shut.stderr]).toEqual([4, expect.stringContaining("suspended")])
  const out = await it.wf(["admin", "accounts", "--suspended"])
  expect(out.stdout).toContain(person.email)
  const id = out.stdout.trim().split("\t").at(-1) ?? ""
  expect((await it.wf(["admin", "resume", id])).code).toBe(0)
  await until("their token works again", () => letIn(token, "account.suspended"))
  expect((await login()).code).toBe(0)
  expect((await it.wf(["admin", "suspend", "nobody@example.test", "--yes"])).code).toBe(5)
  const guest = { env: { WF_TOKEN: token, WF_WORKSPACE: "" } }
  expect((await it.wf(["admin", "accounts"], guest)).code).toBe(4)
})
