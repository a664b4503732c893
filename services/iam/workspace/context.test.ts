import { afterAll, beforeAll, expect, test } from "bun:test"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { iamRpc } from "../rpc.ts"

let house: IamHouse
let owner: Person
beforeAll(async () => {
  house = await given.house()
  owner = await given.person(house)
})
afterAll(() => house.close())

/** Identity as another service calls it, which shows a token under this key. */
const iamFor = (
  keys = { own: given.key(), theirs: undefined as ReturnType<typeof given.key> | undefined },
) => {
  const doors = { service: "iam", tokens: serviceTokens("iam", keys.own), log: silentLog }
  const routes = iamRpc(house.iam, house.authenticate)
  const tokens = serviceTokens("workflow", keys.theirs ?? keys.own)
  return caller((_, outgoing) => inMemoryTransport(routes, doors, outgoing), tokens)("iam", IamService)
}

test("a workspace is told with what somebody is in it", async () => {
  const iam = iamFor()
  const guest = await given.member(house, owner, "operator")
  const { workspace_id: workspaceId, slug } = owner
  const known = { known: true, slug, archived: false }
  expect(await iam.getWorkspaceContext({ workspaceId, userId: guest.user_id })).toMatchObject({
    ...known,
    role: "operator",
  })
  const path = `workspaces/${workspaceId}/members/${guest.user_id}`
  await given.send(house)("POST", `${path}/suspend`, { token: owner.token })
  expect(await iam.getWorkspaceContext({ workspaceId, userId: guest.user_id })).toMatchObject({
    ...known,
    role: "",
  })
  const stranger = await given.person(house)
  for (const userId of [stranger.user_id, "", "nobody"])
    expect(await iam.getWorkspaceContext({ workspaceId, userId })).toMatchObject({ ...known, role: "" })
  await given.send(house)("POST", `workspaces/${workspaceId}/archive`, { token: owner.token })
  expect(await iam.getWorkspaceContext({ workspaceId })).toMatchObject({ archived: true })
  await given.send(house)("POST", `workspaces/${workspaceId}/restore`, { token: owner.token })
})

test("a user is told by their id, and a program as what it is", async () => {
  const iam = iamFor()
  const { user_id: userId, email, token, workspace_id } = owner
  const person = { known: true, email, name: "Ada", verified: false, serviceAccount: false }
  expect(await iam.verifyUser({ userId })).toMatchObject(person)
  const body = { name: "robot", role: "viewer" }
  const made = await given.send(house)("POST", `workspaces/${workspace_id}/service-accounts`, { token, body })
  expect(await iam.verifyUser({ userId: String(made.body.id) })).toMatchObject({
    known: true,
    serviceAccount: true,
  })
})

test.each(["", "nobody", "0198c0de-0000-7000-8000-000000000000", "' or true --"])(
  "nothing is known of %p",
  async (id) => {
    const iam = iamFor()
    expect((await iam.verifyUser({ userId: id })).known).toBe(false)
    expect((await iam.getWorkspaceContext({ workspaceId: id, userId: owner.user_id })).known).toBe(false)
  },
)

test("only the platform's own services are told", async () => {
  const stranger = iamFor({ own: given.key(), theirs: given.key() })
  expect(stranger.verifyUser({ userId: owner.user_id })).rejects.toMatchObject({ code: "auth.required" })
  const { workspace_id: workspaceId } = owner
  expect(stranger.getWorkspaceContext({ workspaceId })).rejects.toMatchObject({ code: "auth.required" })
})
