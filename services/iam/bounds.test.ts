import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse, type Person } from "./given.ts"
import { cleanEnded } from "./token/clean.ts"

let house: IamHouse
let ask: ReturnType<typeof given.send>
beforeAll(async () => {
  house = await given.house()
  ask = given.send(house)
})
afterAll(() => house.close())

const code = ({ status, body }: { status: number; body: Record<string, unknown> }) => [status, body.code]

const full = [409, "workspace.too_many"]

/** As many tokens as said, of which the last ends when said. */
const tokens = ({ user_id, workspace_id }: Person, count: number, ends = "null") =>
  house.database.run((sql) =>
    sql.script(`
      insert into iam.api_token (id, hash, user_id, workspace_id, name, expires_at)
      select gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), '${user_id}', '${workspace_id}', 'many', ${ends}
      from generate_series(1, ${count})`),
  )

test("a member has so many API tokens in a workspace and no more, also when many are made at once", async () => {
  const person = await given.person(house)
  const make = () => ask("POST", "tokens", { token: person.token, body: { name: "t" } })
  await tokens(person, 497)
  await tokens(person, 600, "now()")
  const made = await Promise.all(Array.from({ length: 6 }, make))
  expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409])
  expect(code(await make())).toEqual(full)
  const kept = made.find(({ status }) => status === 201)
  await ask("DELETE", `tokens/${kept?.body.id}`, { token: person.token })
  expect((await make()).status).toBe(201)
})

test("so has a service account", async () => {
  const host = await given.person(house)
  const { token, workspace_id } = host
  const root = `workspaces/${workspace_id}/service-accounts`
  const { id } = (await ask("POST", root, { token, body: { name: "robot", role: "viewer" } })).body
  await tokens({ ...host, user_id: String(id) }, 500)
  expect(code(await ask("POST", `${root}/${id}/tokens`, { token, body: { name: "t" } }))).toEqual(full)
})

test("a workspace has so many service accounts and open invitations", async () => {
  const { token, workspace_id, user_id } = await given.person(house)
  const path = `workspaces/${workspace_id}`
  await house.database.run((sql) =>
    sql.script(`
      with made as (
        insert into iam.user_account (id, email, name)
        select gen_random_uuid(), 'p' || n || '-${workspace_id}@x.service.invalid', 'p' from generate_series(1, 200) n
        returning id
      ), joined as (
        insert into iam.member (user_id, workspace_id, role) select id, '${workspace_id}', 'viewer' from made
        returning user_id
      )
      insert into iam.service_account (user_id, workspace_id, name, created_by)
      select user_id, '${workspace_id}', user_id::text, '${user_id}' from joined;
      insert into iam.invite (id, hash, workspace_id, email, role, invited_by, expires_at)
      select gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), '${workspace_id}', 'x@example.test', 'viewer',
        '${user_id}', now() + interval '1 day'
      from generate_series(1, 500)`),
  )
  const program = { name: "one-more", role: "viewer" }
  expect(code(await ask("POST", `${path}/service-accounts`, { token, body: program }))).toEqual(full)
  const guest = { email: "y@example.test", role: "viewer" }
  expect(code(await ask("POST", `${path}/invites`, { token, body: guest }))).toEqual(full)
})

test("somebody owns so many workspaces", async () => {
  const { token, user_id } = await given.person(house)
  await house.database.run((sql) =>
    sql.script(`
      with made as (
        insert into iam.workspace (id, slug, name)
        select gen_random_uuid(), 'many-' || n || '-${user_id}', 'Many' from generate_series(1, 99) n
        returning id
      )
      insert into iam.member (user_id, workspace_id, role) select '${user_id}', id, 'owner' from made`),
  )
  expect(code(await ask("POST", "workspaces", { token, body: { name: "One more" } }))).toEqual(full)
})

test("who signs in once more than there may be sessions ends the one that was used least lately", async () => {
  const person = await given.person(house)
  const { user_id, workspace_id, email } = person
  await house.database.run((sql) =>
    sql.script(`
      insert into iam.session (id, user_id, workspace_id, last_used_at)
      select gen_random_uuid(), '${user_id}', '${workspace_id}', now() + n * interval '1 second'
      from generate_series(1, 99) n`),
  )
  const login = () => ask("POST", "auth/login", { body: { email, password: given.password } })
  const { body } = await login()
  const open = await house.database.run(
    (sql) => sql`select id from iam.session where user_id = ${user_id}::text::uuid and revoked_at is null`,
  )
  expect(open).toHaveLength(100)
  const fresh = given.secondEye(house)
  const ended = fresh({ authorization: `Bearer ${person.token}`, workspace: undefined })
  expect(ended).rejects.toMatchObject({ code: "auth.invalid" })
  await ended.catch(() => undefined)
  const { items } = (await ask("GET", "audit?account=true", { token: String(body.access_token) })).body
  expect((items as { action: string }[]).map(({ action }) => action)).toContain("session.ended")
})

test("of what a session was renewed with so much is remembered, and what is newest stays good", async () => {
  const { refresh_token, token } = await given.person(house)
  const { grant_id } = await house.authenticate({ authorization: `Bearer ${token}`, workspace: undefined })
  await house.database.run((sql) =>
    sql.script(`
      insert into iam.refresh_token (hash, session_id, created_at, expires_at, used_at)
      select sha256(gen_random_uuid()::text::bytea), '${grant_id}', now() - n * interval '1 minute', now() + interval '1 day', now()
      from generate_series(1, 3050) n`),
  )
  const renewed = await ask("POST", "auth/refresh", { body: { refresh_token } })
  expect(renewed.status).toBe(200)
  const again = await ask("POST", "auth/refresh", { body: { refresh_token: renewed.body.refresh_token } })
  expect(again.status).toBe(200)
  const [row] = await house.database.run(
    (sql) =>
      sql<{ count: number }>`
        select count(*)::int as count from iam.refresh_token where session_id = ${grant_id}::text::uuid`,
  )
  expect(row?.count).toBeLessThanOrEqual(3_001)
})

test("so many devices wait to be let in; a further one is told when to come again", async () => {
  await house.database.run((sql) =>
    sql.script(`
      insert into iam.device_login (hash, user_code, device, expires_at, interval_s)
      select sha256(n::text::bytea), 'many-' || n, '', now() + interval '1 minute', 2 from generate_series(1, 10000) n`),
  )
  expect(code(await ask("POST", "auth/device/code"))).toEqual([503, "platform.busy"])
  await house.database.run((sql) => sql`delete from iam.device_login where user_code like 'many-1%'`)
  expect((await ask("POST", "auth/device/code")).status).toBe(200)
})

test("tokens and invitations that ended a month ago are removed, and no others", async () => {
  const person = await given.person(house)
  const { workspace_id, user_id } = person
  await tokens(person, 2, "now() - interval '31 days'")
  await tokens(person, 3, "now() - interval '29 days'")
  await tokens(person, 4)
  await house.database.run((sql) =>
    sql.script(`
      update iam.api_token set revoked_at = now() - interval '31 days'
      where id = (select id from iam.api_token where user_id = '${user_id}' and expires_at is null limit 1);
      insert into iam.invite (id, hash, workspace_id, email, role, invited_by, expires_at)
      select gen_random_uuid(), sha256(gen_random_uuid()::text::bytea), '${workspace_id}', 'old@example.test', 'viewer',
        '${user_id}', now() - n * interval '20 days'
      from generate_series(0, 2) n`),
  )
  expect(await cleanEnded(house.database)()).toBe(false)
  const count = async (table: string) => {
    const [row] = await house.database.run((sql) =>
      sql.statement<{ count: number }>(
        `select count(*)::int as count from iam.${table} where workspace_id = $1::text::uuid`,
        [workspace_id],
      ),
    )
    return row?.count
  }
  expect([await count("api_token"), await count("invite")]).toEqual([6, 2])
})
