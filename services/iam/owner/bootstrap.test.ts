import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse } from "../given.ts"
import { bootstrapOwner } from "./bootstrap.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const actorOf = (token: string) =>
  house.authenticate({ authorization: `Bearer ${token}`, workspace: undefined })

test("starts at the same time make one owner; the token made last is the one that works", async () => {
  const bootstrap = () => bootstrapOwner(house.database, house.iam.kit)
  await Promise.all([1, 2, 3, 4].map(() => bootstrap()))
  const last = await bootstrap()
  const actor = await actorOf(last)
  expect(actor).toMatchObject({ kind: "token", email: "owner@localhost", role: "owner" })
  const users = await house.database.run((sql) => sql`select id from iam.user_account`)
  const open = await house.database.run((sql) => sql`select id from iam.api_token where revoked_at is null`)
  const facts = await house.database.run((sql) => sql<{ size: number }>`select size from iam.outbox`)
  expect([users.length, open.length, facts.map(({ size }) => size)]).toEqual([1, 1, [1]])
})

test("an earlier token ends when a new one is made in its place", async () => {
  const bootstrap = () => bootstrapOwner(house.database, house.iam.kit)
  const lost = await bootstrap()
  const found = await bootstrap()
  await expect(actorOf(lost)).rejects.toMatchObject({ code: "auth.invalid" })
  expect(await actorOf(found)).toMatchObject({ role: "owner" })
})
