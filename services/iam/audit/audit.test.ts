import { afterAll, beforeAll, expect, test } from "bun:test"
import { told_actions } from "#kernel/audit/actions.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { actions } from "./actions.ts"
import { record } from "./record.ts"
import type { AuditEntry } from "./shape.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const entries = async ({ token }: Pick<Person, "token">, query = ""): Promise<readonly AuditEntry[]> => {
  const { status, body } = await given.send(house)("GET", `audit${query}`, { token })
  expect(status).toBe(200)
  return body.items as AuditEntry[]
}

const told = (list: readonly AuditEntry[]) =>
  list.map(({ action, actor, subject }) => `${actor.email} ${action} ${subject.name}`)

test("every change of a workspace is told there, newest first, with who did it and to what", async () => {
  const host = await given.person(house)
  const ask = given.send(house)
  const { token, workspace_id, email, slug } = host
  const guest = await given.member(house, host, "developer")
  const root = `workspaces/${workspace_id}`
  await ask("PATCH", `${root}/members/${guest.user_id}`, { token, body: { role: "admin" } })
  const invite = await ask("POST", `${root}/invites`, {
    token,
    body: { email: "x@example.test", role: "viewer" },
  })
  await ask("DELETE", `${root}/invites/${invite.body.id}`, { token })
  await ask("PATCH", root, { token, body: { name: "Other" } })
  const made = await ask("POST", "tokens", { token, body: { name: "ci", role: "viewer" } })
  await ask("DELETE", `tokens/${made.body.id}`, { token })
  await ask("DELETE", `${root}/members/${guest.user_id}`, { token })
  for (const verb of ["archive", "archive", "restore"]) await ask("POST", `${root}/${verb}`, { token })
  const found = await entries(host)
  expect(told(found)).toEqual([
    `${email} workspace.restored ${slug}`,
    `${email} workspace.archived ${slug}`,
    `${email} member.removed ${guest.email}`,
    `${email} token.deleted ci`,
    `${email} token.created ci`,
    `${email} workspace.renamed ${slug}`,
    `${email} invite.revoked x@example.test`,
    `${email} invite.created x@example.test`,
    `${email} member.role_changed ${guest.email}`,
    `${guest.email} member.joined ${guest.email}`,
    `${email} invite.created ${guest.email}`,
    `${email} workspace.created ${slug}`,
  ])
  const changed = found.find(({ action }) => action === "member.role_changed")
  expect(changed).toMatchObject({
    workspace_id,
    actor: { kind: "user", id: host.user_id },
    subject: { kind: "user", id: guest.user_id },
    details: { from: "developer", to: "admin" },
  })
})

test("what was refused is not told, since it didn't happen", async () => {
  const host = await given.person(house)
  const { token, workspace_id, user_id } = host
  const before = await entries(host)
  const left = await given.send(house)("DELETE", `workspaces/${workspace_id}/members/${user_id}`, { token })
  expect(left.body.code).toBe("member.last_owner")
  expect(await entries(host)).toEqual([...before])
})

test("a change whose entry can't be written doesn't happen", async () => {
  const host = await given.person(house)
  await house.database.run((sql) =>
    sql.script("alter table iam.audit add constraint full_disk check (action <> 'token.created') not valid"),
  )
  try {
    const { token } = host
    const made = await given.send(house)("POST", "tokens", { token, body: { name: "ci" } })
    expect(made.status).toBe(500)
    expect((await given.send(house)("GET", "tokens", { token })).body.items).toEqual([])
  } finally {
    await house.database.run((sql) => sql.script("alter table iam.audit drop constraint full_disk"))
  }
})

test("signing in and out is told to the person alone, with device and address", async () => {
  const host = await given.person(house)
  const { token, email } = host
  const headers = { "content-type": "application/json", "user-agent": "wf\u0007/1" }
  const body = JSON.stringify({ email, password: given.password })
  await house.app.request("/api/v1/auth/login", { method: "POST", headers, body })
  await given.send(house)("POST", "auth/logout", { token: host.token })
  const login = await given.send(house)("POST", "auth/login", { body: { email, password: given.password } })
  const again = { token: String(login.body.access_token) }
  const own = await entries(again, "?account=true")
  expect(own.map(({ action }) => action)).toEqual([
    ...["user.signed_in", "session.ended", "user.signed_in", "user.signed_in", "user.registered"],
  ])
  expect(own[2]).toMatchObject({ workspace_id: null, device: "wf/1" })
  expect(told(await entries(again))).toEqual([`${email} workspace.created ${host.slug}`])
  const bound = await given.send(house)("POST", "tokens", { ...again, body: { name: "bound" } })
  const refused = await given.send(house)("GET", "audit?account=true", { token: String(bound.body.token) })
  expect([refused.status, token === again.token]).toEqual([403, false])
})

test("a refresh token that comes again is told to its person", async () => {
  const host = await given.person(house)
  const ask = given.send(house)
  await ask("POST", "auth/refresh", { body: { refresh_token: host.refresh_token } })
  await house.database.run(
    (sql) =>
      sql`update iam.refresh_token set used_at = used_at - interval '1 minute' where used_at is not null`,
  )
  await ask("POST", "auth/refresh", { body: { refresh_token: host.refresh_token } })
  const login = await ask("POST", "auth/login", { body: { email: host.email, password: given.password } })
  const own = await entries({ token: String(login.body.access_token) }, "?account=true")
  expect(own[1]).toMatchObject({ action: "session.reuse_detected", actor: { email: host.email } })
})

test("only admins and owners read it, and only their own workspace's", async () => {
  const host = await given.person(house)
  const ask = given.send(house)
  for (const [role, status] of [
    ["developer", 403],
    ["admin", 200],
  ] as const) {
    const { token } = await given.member(house, host, role)
    expect((await ask("GET", "audit", { token, workspace: host.slug })).status).toBe(status)
    const headers = { authorization: `Bearer ${token}`, "wf-workspace": host.slug }
    expect((await house.app.request("/api/v1/audit/export", { headers })).status).toBe(status)
  }
  const stranger = await given.person(house)
  const elsewhere = await ask("GET", "audit", { token: stranger.token, workspace: host.slug })
  expect(elsewhere.status).toBe(404)
  expect(told(await entries(stranger)).join()).not.toContain(host.email)
})

test("it is chosen from by what was done, by whom and when, and read page by page", async () => {
  const host = await given.person(house)
  const guest = await given.member(house, host, "admin")
  const pages: AuditEntry[] = []
  let cursor = ""
  do {
    const { body } = await given.send(house)("GET", `audit?limit=1${cursor}`, { token: host.token })
    pages.push(...(body.items as AuditEntry[]))
    cursor = body.next_cursor === null ? "" : `&cursor=${body.next_cursor}`
  } while (cursor !== "")
  expect(pages).toEqual([...(await entries(host))])
  expect(told(await entries(host, "?action=member.joined"))).toEqual([
    `${guest.email} member.joined ${guest.email}`,
  ])
  expect(await entries(host, `?actor=${guest.email.toUpperCase()}`)).toHaveLength(1)
  expect(await entries(host, "?since=2999-01-01T00:00:00Z")).toEqual([])
  expect(await entries(host, "?until=2000-01-01T00:00:00Z")).toEqual([])
  const wrong = await given.send(house)("GET", "audit?action=everything", { token: host.token })
  expect([wrong.status, JSON.stringify(wrong.body.errors)]).toEqual([
    422,
    expect.stringContaining("member.joined"),
  ])
})

test("an export has all of it, an entry a line, however much there is", async () => {
  const host = await given.person(house)
  const { workspace_id, user_id, email } = host
  const doer = { kind: "user", user_id, email } as const
  const subject = { kind: "token", id: null, name: "many" }
  await house.database.tx(async (sql) => {
    for (let left = 1_100; left > 0; left -= 1)
      await record(sql, doer, { action: "token.created", of: { workspace_id }, subject })
  })
  const answer = await house.app.request("/api/v1/audit/export", {
    headers: { authorization: `Bearer ${host.token}` },
  })
  expect(answer.headers.get("content-type")).toBe("application/x-ndjson")
  const lines = (await answer.text()).trimEnd().split("\n")
  const ids = lines.map((line) => (JSON.parse(line) as AuditEntry).id)
  expect(ids).toHaveLength(1_101)
  expect(ids).toEqual([...new Set(ids)].sort().reverse())
})

test.each([
  ["changed", "update iam.audit set actor = 'somebody else'"],
  ["removed", "delete from iam.audit"],
  ["emptied", "truncate iam.audit"],
])("nothing of it can be %s, by the database's own role either", async (_, text) => {
  await given.person(house)
  const tried = house.database.run((sql) => sql.script(text))
  expect(tried).rejects.toThrow("append-only")
  await tried.catch(() => undefined)
})

const textsOf = async (pattern: string, isWanted: (path: string) => boolean) => {
  const paths = await Array.fromAsync(new Bun.Glob(pattern).scan("."))
  return Promise.all(paths.filter(isWanted).map((path) => Bun.file(path).text()))
}

test("every action that is listed is one that something does", async () => {
  const own = await textsOf("services/iam/**/*.ts", (path) => !/test|actions/.test(path))
  // Others make some of theirs of a verb, so there the tests are asked, which do each of them.
  const tests = await textsOf("services/*/**/*.test.ts", (path) => !path.startsWith("services/iam"))
  const others = tests.filter((text) => text.includes("deedsIn("))
  const others_actions: readonly string[] = told_actions
  const isDone = (action: string) =>
    others_actions.includes(action)
      ? others.some((text) => text.includes(action))
      : own.some((text) => text.includes(`"${action}"`))
  expect(actions.filter((action) => !isDone(action))).toEqual([])
})
