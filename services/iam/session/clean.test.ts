import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse } from "../given.ts"
import { register } from "../user/register.ts"
import { cleanSessions } from "./clean.ts"
import { login } from "./login.ts"
import { refresh } from "./refresh.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

test("sessions that ended long ago are removed, the others go on", async () => {
  const ada = { email: "ada@example.test", password: "correct horse battery" }
  await register(house.iam)({ ...ada, name: "Ada" })
  await login(house.iam)(ada)
  await house.database.run(async (sql) => {
    await sql`update iam.refresh_token set expires_at = now() - interval '2 days'`
    await sql`update iam.session set created_at = now() - interval '40 days'`
  })
  const { refresh_token } = await login(house.iam)(ada)
  expect(await cleanSessions(house.database)()).toBe(false)
  const sessions = await house.database.run((sql) => sql`select id from iam.session`)
  expect(sessions).toHaveLength(1)
  expect(await refresh(house.iam)(refresh_token)).toMatchObject({ token_type: "Bearer" })
})
