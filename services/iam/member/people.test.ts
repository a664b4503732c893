import { afterAll, beforeAll, expect, test } from "bun:test"
import { given, type IamHouse } from "../given.ts"
import { listPeople } from "./people.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

test("people of a workspace are listed with their roles, its programs and others' people are not", async () => {
  const ada = await given.person(house)
  const viewer = await given.member(house, ada, "viewer")
  await given.person(house)
  const path = `workspaces/${ada.workspace_id}/service-accounts`
  const made = await given.send(house)("POST", path, {
    token: ada.token,
    body: { name: "robot", role: "admin" },
  })
  expect(made.status).toBe(201)
  const list = listPeople(house.database)
  const { members, more } = await list({ workspace_id: ada.workspace_id, after: "" })
  expect([more, members.map(({ email, role }) => `${email} ${role}`).sort()]).toEqual([
    false,
    [`${ada.email} owner`, `${viewer.email} viewer`].sort(),
  ])
  const last = members[0]?.user_id ?? ""
  expect((await list({ workspace_id: ada.workspace_id, after: last })).members).toHaveLength(1)
  expect(await list({ workspace_id: "nothing", after: "" })).toEqual({ members: [], more: false })
})
