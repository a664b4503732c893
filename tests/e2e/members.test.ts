import { beforeAll, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { createClient } from "#sdk/index.ts"
import { cleanEnvironment, platform, runWf, type UnderTest } from "./platform.ts"

let it: UnderTest
let guest: { email: string; token: string }

const person = async (name: string) => {
  const { identity } = createClient({ url: it.url })
  const credentials = { email: `${crypto.randomUUID()}@example.test`, password: "correct horse battery" }
  await identity.register({ ...credentials, name })
  const { access_token } = await identity.login(credentials)
  const mine = createClient({ url: it.url, token: access_token }).identity
  const { token } = await mine.createToken({ name: "e2e", all_workspaces: true })
  return { email: credentials.email, token }
}

beforeAll(async () => {
  it = await platform()
  guest = await person("Grace")
}, 120_000)

const asGuest = (words: readonly string[], workspace: string) =>
  it.wf(words, { env: { WF_TOKEN: guest.token, WF_WORKSPACE: workspace } })

test("a workspace is made, somebody invited into it works there as what they were invited as, and is removed", async () => {
  const made = await it.wf(["workspaces", "create", "Night Shift"])
  const [slug = "", name, role, state] = made.stdout.split("\t")
  expect([made.code, name, role, state]).toEqual([0, "Night Shift", "owner", "open"])
  const here = { env: { WF_WORKSPACE: slug } }
  const invited = await it.wf(["members", "invite", guest.email, "--role", "viewer", "--expires", "1h"], here)
  expect([invited.code, invited.stdout]).toEqual([0, expect.stringMatching(/^wfi_[\w-]{43}\n$/)])
  const open = await it.wf(["members", "invites"], here)
  expect(open.stdout.split("\t").slice(1, 3)).toEqual([guest.email, "viewer"])
  const joined = await it.wf(["workspaces", "join"], {
    env: { WF_TOKEN: guest.token },
    stdin: invited.stdout,
  })
  expect([joined.code, joined.stdout.split("\t")[0]]).toEqual([0, slug])
  const twice = await it.wf(["workspaces", "join", invited.stdout.trim()], { env: { WF_TOKEN: guest.token } })
  expect([twice.code, twice.stdout]).toEqual([5, ""])
  const members = await it.wf(["members", "list", "--json"], here)
  const { items } = JSON.parse(members.stdout) as { items: { email: string; role: string }[] }
  expect(items.map(({ email, role: what }) => [email, what])).toContainEqual([guest.email, "viewer"])

  const refused = await asGuest(["jobs", "create", "noop"], slug)
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("job.create")])
  const raised = await it.wf(["members", "role", guest.email, "operator"], here)
  expect([raised.code, raised.stdout.split("\t")[2]]).toEqual([0, "operator"])
  const wrong = await it.wf(["members", "role", guest.email, "boss"], here)
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("viewer, operator, developer")])
  const unmeant = await it.wf(["members", "remove", guest.email], here)
  expect(unmeant.code).toBe(2)
  expect((await it.wf(["members", "remove", guest.email, "--yes"], here)).code).toBe(0)
  expect((await it.wf(["members", "leave", "--yes"], here)).code).toBe(6)
})

test("an archived workspace refuses with what to do, and goes on once it is restored", async () => {
  const made = await it.wf(["workspaces", "create", "Old", "--slug", "old-one", "--json"])
  expect(JSON.parse(made.stdout)).toMatchObject({ slug: "old-one", role: "owner" })
  const taken = await it.wf(["workspaces", "create", "Old", "--slug", "old-one"])
  expect(taken.code).toBe(6)
  expect((await it.wf(["workspaces", "archive", "old-one", "--yes"])).stdout.split("\t")[3]).toBe("archived")
  const env = { WF_WORKSPACE: "old-one" }
  const refused = await it.wf(["jobs", "create", "noop"], { env })
  expect([refused.code, refused.stderr]).toEqual([6, expect.stringContaining("wf workspaces restore")])
  expect((await it.wf(["jobs", "list"], { env })).code).toBe(0)
  expect((await it.wf(["workspaces", "restore", "old-one"])).code).toBe(0)
  const renamed = await it.wf(["workspaces", "rename", "old-one", "New"])
  expect(renamed.stdout.split("\t").slice(0, 2)).toEqual(["old-one", "New"])
})

test("in an archived workspace neither people nor webhooks begin runs, until it is restored", async () => {
  await it.wf(["workspaces", "create", "Resting", "--slug", "resting"])
  const here = createClient({ url: it.url, token: it.token, workspace: "resting" })
  await here.workflows.push("name: hooked\ntriggers: [{ type: webhook }]\ntasks: { one: { uses: noop } }\n")
  const [hook] = (await here.hooks.list()).items
  const send = () =>
    fetch(`${it.url}${hook?.path}`, {
      method: "POST",
      body: "{}",
      headers: { "content-type": "application/json" },
    })
  expect((await send()).status).toBe(202)
  await it.wf(["workspaces", "archive", "resting", "--yes"])
  await until("it holds for webhooks", async () => (await send()).status === 409)
  const by_hand = await it.wf(["run", "hooked", "--detach"], { env: { WF_WORKSPACE: "resting" } })
  expect([by_hand.code, by_hand.stderr]).toEqual([6, expect.stringContaining("archived")])
  await it.wf(["workspaces", "restore", "resting"])
  await until("it goes on", async () => (await send()).status === 202)
})

test("a token may be made for less than one may oneself, and for a time", async () => {
  const made = await it.wf(["tokens", "create", "dashboard", "--role", "viewer", "--expires", "90d"])
  const env = { WF_TOKEN: made.stdout.trim() }
  expect((await it.wf(["runs", "list"], { env })).code).toBe(0)
  const refused = await it.wf(["jobs", "create", "noop"], { env })
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("job.create")])
  const list = await it.wf(["tokens", "list"])
  const line = list.stdout.split("\n").find((one) => one.split("\t")[1] === "dashboard")
  expect(line?.split("\t").slice(4)).toEqual(["viewer", expect.stringMatching(/^20\d\d-.*Z$/), "", ""])
})

test("a token may be made for some things alone, and makes none for others", async () => {
  const words = ["tokens", "create", "starter", "--scope", "run.read", "--scope", "token.manage"]
  const env = { WF_TOKEN: (await it.wf(words)).stdout.trim() }
  expect((await it.wf(["runs", "list"], { env })).code).toBe(0)
  const refused = await it.wf(["jobs", "create", "noop"], { env })
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining("scopes leave that out")])
  const made = await it.wf(["tokens", "create", "more", "--scope", "job.create"], { env })
  expect([made.code, made.stdout]).toEqual([4, ""])
  const narrower = (await it.wf(["tokens", "create", "less", "--scope", "run.read"], { env })).stdout.trim()
  expect((await it.wf(["tokens", "list"], { env: { WF_TOKEN: narrower } })).code).toBe(4)
  const line = (await it.wf(["tokens", "list"])).stdout.split("\n").find((one) => one.includes("\tstarter\t"))
  expect(line?.split("\t").at(-2)).toBe("run.read token.manage")
  const unknown = await it.wf(["tokens", "create", "odd", "--scope", "run.everything"])
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("run.start")])
})

test("the profile keeps which workspace its commands are about, if that is one of one's own", async () => {
  await it.wf(["workspaces", "create", "Kept", "--slug", "kept"])
  const env = cleanEnvironment(mkdtempSync(join(tmpdir(), "wf-profile-")))
  const unknown = await runWf(["workspaces", "use", "kept"], { env })
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("wf login")])
  const signed = await runWf(["login", "--url", it.url, "--with-token"], { env, stdin: it.token })
  expect(signed.code).toBe(0)
  expect((await runWf(["workspaces", "use", "nowhere"], { env })).code).toBe(5)
  expect((await runWf(["whoami"], { env })).stdout.split("\t")[1]).toBe("default")
  expect((await runWf(["workspaces", "use", "kept"], { env })).code).toBe(0)
  expect((await runWf(["whoami"], { env })).stdout.split("\t")[1]).toBe("kept")
})

test("a program is a member of its own, with tokens for what it does, until it is deleted", async () => {
  const made = await it.wf(["service-accounts", "create", "deploy", "--role", "developer"])
  expect([made.code, made.stderr]).toEqual([0, expect.stringContaining("wf service-accounts token deploy")])
  const words = ["service-accounts", "token", "deploy", "--scope", "run.read", "--expires", "1h"]
  const env = { WF_TOKEN: (await it.wf(words)).stdout.trim() }
  expect((await it.wf(["runs", "list"], { env })).code).toBe(0)
  expect((await it.wf(["jobs", "list"], { env })).code).toBe(4)
  const listed = await it.wf(["service-accounts", "list"])
  const line = listed.stdout
    .split("\n")
    .find((one) => one.startsWith("deploy\t"))
    ?.split("\t")
  expect([line?.[1], line?.[3]]).toEqual(["developer", expect.stringMatching(/^20/)])
  const tokens = await it.wf(["service-accounts", "tokens", "deploy"])
  const id = tokens.stdout.split("\t")[0] ?? ""
  expect((await it.wf(["service-accounts", "revoke", "deploy", id])).code).toBe(0)
  await until("it holds", async () => (await it.wf(["runs", "list"], { env })).code === 4)
  expect((await it.wf(["service-accounts", "delete", "deploy", "--yes"])).code).toBe(0)
  expect((await it.wf(["service-accounts", "token", "deploy"])).code).toBe(5)
})
