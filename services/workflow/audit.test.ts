import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { deedsIn, linesOf } from "#kernel/testing/deeds.ts"
import { given, type WorkflowHouse } from "./given.ts"

let house: WorkflowHouse
let home: string
beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())
beforeEach(() => {
  home = crypto.randomUUID()
})

type Given = { readonly body?: unknown; readonly role?: string }

const send = async (method: string, path: string, { body, role = "owner" }: Given = {}) => {
  const response = await house.app.request(`/api/v1${path}`, {
    method,
    headers: {
      ...{ authorization: `Bearer ${role}@${home}`, "content-type": "application/json" },
      "user-agent": "wf/1",
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  await response.arrayBuffer()
  return response.status
}

const twice = async (...given: Parameters<typeof send>) => [await send(...given), await send(...given)]

const push = (rest: string) =>
  send("POST", "/workflows", { body: { source: `name: daily\n${rest}tasks:\n  one: { run: echo }\n` } })

const told = async () => linesOf(await deedsIn(house.database, home))

test("a version is told once, with the schedules that it makes, changes and removes", async () => {
  const nightly = (cron: string) => `schedule: [{ name: nightly, cron: "${cron}" }]\n`
  const codes = [await push(nightly("0 3 * * *")), await push(nightly("0 3 * * *"))]
  codes.push(await push(nightly("0 4 * * *")), await push(`description: x\n${nightly("0 4 * * *")}`))
  codes.push(await push(""))
  expect(codes).toEqual([201, 200, 201, 201, 201])
  const ada = "ada@example.test"
  expect(await told()).toEqual([
    `${ada} workflow.pushed daily`,
    `${ada} schedule.created daily.nightly`,
    `${ada} workflow.pushed daily`,
    `${ada} schedule.changed daily.nightly`,
    `${ada} workflow.pushed daily`,
    `${ada} workflow.pushed daily`,
    `${ada} schedule.deleted daily.nightly`,
  ])
  const deeds = await deedsIn(house.database, home)
  const versions = deeds.filter(({ subject }) => subject.kind === "workflow").map(({ details }) => details)
  expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4])
  expect(deeds[0]).toMatchObject({ actor: { kind: "user" }, of: { workspace_id: home }, device: "wf/1" })
})

test("what is asked for once more, and so changes nothing, is told once", async () => {
  await push("")
  await twice("POST", "/workflows/daily/archive")
  await twice("POST", "/workflows/daily/restore")
  const wanted = { name: "mine", workflow: "daily", cron: "0 3 * * *" }
  expect(await twice("POST", "/schedules", { body: wanted })).toEqual([201, 409])
  await twice("POST", "/schedules/mine/pause")
  await twice("POST", "/schedules/mine/resume")
  const range = { from: "2026-01-01T00:00:00.000Z", to: "2026-01-03T00:00:00.000Z" }
  await send("POST", "/schedules/mine/backfill", { body: { ...range, dry_run: true } })
  expect(await twice("POST", "/schedules/mine/backfill", { body: range })).toEqual([202, 202])
  expect(await twice("DELETE", "/schedules/mine")).toEqual([204, 404])
  expect((await told()).map((line) => line.split(" ").slice(1).join(" "))).toEqual([
    "workflow.pushed daily",
    "workflow.archived daily",
    "workflow.restored daily",
    "schedule.created mine",
    "schedule.paused mine",
    "schedule.resumed mine",
    "schedule.backfilled mine",
    "schedule.deleted mine",
  ])
  const filled = (await deedsIn(house.database, home)).find(({ action }) => action === "schedule.backfilled")
  expect(filled?.details).toEqual({ range: `${range.from} … ${range.to}`, count: 2 })
})

test("of a secret its name is told, and never its value", async () => {
  await send("PUT", "/secrets/KEY", { body: { value: "hunter-two" } })
  await send("PUT", "/secrets/KEY", { body: { value: "hunter-three" } })
  expect(await send("POST", "/secrets/rotate-key")).toBe(200)
  expect(await twice("DELETE", "/secrets/KEY")).toEqual([204, 404])
  const deeds = await deedsIn(house.database, home)
  expect(deeds.map(({ action, subject }) => `${action} ${subject.name}`)).toEqual([
    ...["secret.created KEY", "secret.changed KEY", "secret.key_rotated *", "secret.deleted KEY"],
  ])
  expect(JSON.stringify(deeds)).not.toContain("hunter")
})

test("a webhook's new address is told, and not what it is", async () => {
  await push("triggers: [{ type: webhook, name: inbound }]\n")
  expect(await send("POST", "/hooks/daily/inbound/rotate")).toBe(200)
  const rotated = (await deedsIn(house.database, home)).at(-1)
  expect(rotated).toMatchObject({
    action: "hook.rotated",
    subject: { kind: "hook", name: "daily/inbound" },
    details: {},
  })
})

test("what was refused is not told", async () => {
  await push("")
  const viewer = { role: "viewer" }
  const source = "name: other\ntasks:\n  one: { run: echo }\n"
  const refused = [
    await send("POST", "/workflows", { ...viewer, body: { source } }),
    await send("POST", "/workflows/daily/archive", viewer),
    await send("POST", "/schedules", { ...viewer, body: { name: "x", workflow: "daily", cron: "@daily" } }),
    await send("PUT", "/secrets/KEY", { ...viewer, body: { value: "hunter-two" } }),
    await send("POST", "/secrets/rotate-key", viewer),
    await send("POST", "/hooks/daily/inbound/rotate", viewer),
    await send("POST", "/workflows", { body: { source: "name: broken" } }),
    await send("POST", "/workflows/nothing/archive"),
    await send("POST", "/schedules/nothing/pause"),
    await send("POST", "/hooks/daily/nothing/rotate"),
  ]
  expect(refused).toEqual([...Array(6).fill(403), 422, 404, 404, 404])
  expect(await told()).toEqual(["ada@example.test workflow.pushed daily"])
})

test("a change that can't be told doesn't happen", async () => {
  await push("")
  await house.database.run((sql) =>
    sql.script(
      "alter table workflow.outbox add constraint full_disk check (topic <> 'audit.recorded') not valid",
    ),
  )
  try {
    expect(await send("PUT", "/secrets/KEY", { body: { value: "hunter-two" } })).toBe(500)
  } finally {
    await house.database.run((sql) => sql.script("alter table workflow.outbox drop constraint full_disk"))
  }
  expect(await send("DELETE", "/secrets/KEY")).toBe(404)
})
