import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Envelope } from "#kernel/events/envelope.ts"
import { given, type IamHouse, type Person } from "../given.ts"
import { keepTold } from "./keep.ts"
import type { AuditEntry } from "./shape.ts"

let house: IamHouse
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())

/** Ids are of the time of the change; the generator never goes back. */
const idOf = (at: string): string => {
  const digits = Date.parse(at).toString(16).padStart(12, "0")
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7${crypto.randomUUID().slice(15)}`
}

const told = (host: Person, at: string, name = "KEY"): Envelope<"audit.recorded"> => ({
  ...{ id: idOf(at), type: "audit.recorded", source: "workflow", key: host.workspace_id, at },
  data: {
    action: "secret.changed",
    actor: { kind: "token", id: host.user_id, email: host.email, grant_id: "grant" },
    of: { workspace_id: host.workspace_id },
    subject: { kind: "secret", id: null, name },
    details: { count: 2 },
    ...{ address: "192.0.2.7", device: "wf/1" },
  },
})

const keep = (events: readonly Envelope[]) => house.database.tx((sql) => keepTold(sql, events))

const entries = async ({ token }: Person, query = "") => {
  const { body } = await given.send(house)("GET", `audit${query}`, { token })
  return body.items as AuditEntry[]
}

test("what another service tells is an entry like the others, as of when it was done", async () => {
  const host = await given.person(house)
  const at = "2026-01-02T03:04:05.678Z"
  await keep([told(host, at)])
  const found = await entries(host, "?action=secret.changed")
  expect(found).toEqual([
    {
      ...{ id: expect.any(String), at, action: "secret.changed", details: { count: 2 } },
      actor: { kind: "token", id: host.user_id, email: host.email, grant_id: "grant" },
      subject: { kind: "secret", id: null, name: "KEY" },
      workspace_id: host.workspace_id,
      ...{ address: "192.0.2.7", device: "wf/1" },
    },
  ])
  expect((await entries(host)).map(({ action }) => action)).toEqual(["workspace.created", "secret.changed"])
})

test("what is told twice, together or later, is one entry, and others' workspaces don't see it", async () => {
  const [host, stranger] = [await given.person(house), await given.person(house)]
  const event = told(host, "2026-01-02T03:04:05.678Z")
  const hostile = told(host, "2026-01-02T03:04:06.000Z", `'; drop table iam.audit; -- "\u2028\\`)
  await keep([event, event, hostile])
  await keep([hostile, event])
  const found = await entries(host, "?action=secret.changed")
  expect(found.map(({ subject }) => subject.name)).toEqual([hostile.data.subject.name, "KEY"])
  expect(await entries(stranger, "?action=secret.changed")).toEqual([])
})
