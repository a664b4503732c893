import { afterAll, beforeAll, expect, test } from "bun:test"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { NotificationService } from "#proto/generated/wf/notification/v1/notification_pb.ts"
import { given, type NotificationHouse } from "./given.ts"
import { notificationRpc } from "./rpc.ts"

let house: NotificationHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

const key = platformKey(Buffer.alloc(32, 7).toString("base64"))

const clientOf = (service: string) => {
  const doors = { service: "notification", tokens: serviceTokens("notification", key), log: silentLog }
  return caller(
    (_, outgoing) => inMemoryTransport(notificationRpc(house.office), doors, outgoing),
    serviceTokens(service, key),
  )("notification", NotificationService)
}

test("workers tell for their tasks, and no other service does", async () => {
  const ada = given.person(house)
  const asked = {
    ...{
      workspaceId: ada.workspace_id,
      runId: crypto.randomUUID(),
      taskRunId: crypto.randomUUID(),
      attempt: 1,
    },
    ...{ workflow: "nightly", task: "alert", channel: "in_app", to: [ada.email], message: "hello" },
  }
  const { deliveryIds } = await clientOf("worker").notify(asked)
  expect(deliveryIds).toHaveLength(1)
  for (const service of ["scheduler", "artifact"])
    await expect(clientOf(service).notify(asked)).rejects.toMatchObject({ code: "auth.forbidden" })
  expect((await house.ask(ada, "GET", "notifications/unread-count")).body).toEqual({ count: 1 })
})
