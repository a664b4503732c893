import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { given, type WorkflowHouse } from "../given.ts"
import { cleanFires } from "./clean.ts"
import type { Firing } from "./clock.ts"
import { fireRound } from "./round.ts"

let house: WorkflowHouse
let now: number
const home = crypto.randomUUID()

beforeAll(async () => {
  house = await given.house()
})
afterAll(() => house.close())
beforeEach(async () => {
  await house.database.run((sql) => sql`delete from workflow.schedule`)
  house.desk.calls.length = 0
  house.desk.cancelled.length = 0
  house.desk.ended.clear()
})

const at = (text: string) => Date.parse(`2030-03-10T${text}Z`)

const firing = (): Firing => ({
  ...house,
  log: silentLog,
  readNow: async () => now,
})

/** Rounds until nothing more is due now. */
const run = async (round: () => Promise<number>) => {
  let left = 50
  while ((await round()) < 1_000 && left > 0) left -= 1
}

const fireAt = async (text: string, round = fireRound(firing())) => {
  now = at(text)
  for (let rounds = 0; rounds < 3; rounds += 1) await round()
}

type Json = Record<string, unknown>

type Body = { readonly body?: unknown; readonly role?: string }

const sendAs = async (method: string, path: string, { body, role = "developer" }: Body) => {
  const response = await house.app.request(`/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${role}@${home}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === "" ? {} : JSON.parse(text)) as Json }
}

const send = (method: string, path: string, body?: unknown) => sendAs(method, path, { body })

const push = (name: string, schedule: string) =>
  send("POST", "/workflows", {
    source: `name: ${name}\ninputs:\n  day: { type: string }\n${schedule === "" ? "" : `schedule: [${schedule}]\n`}tasks:\n  one: { uses: noop }\n`,
  })

/** As if it had been made at eight o'clock. */
const schedule = async (name: string, given: Json = {}, next = "09:00:00") => {
  const settings = { catch_up: "latest", overlap: "skip", ...given }
  await send("POST", "/workflows", {
    source: `name: ${name}\ninputs:\n  day: { type: string }\ntasks:\n  one: { uses: noop }\n`,
  })
  const made = await send("POST", "/schedules", { name, workflow: name, cron: "0 * * * *", ...settings })
  expect([made.status, made.body.code]).toEqual([201, undefined])
  const next_at = new Date(at(next)).toISOString()
  await house.database.run(
    (sql) => sql`update workflow.schedule set next_at = ${next_at}::text::timestamptz where name = ${name}`,
  )
}

const history = async (name: string) => {
  const { body } = await send("GET", `/schedules/${name}/fires`)
  return (body.items as Json[])
    .toReversed()
    .map((fire) => `${String(fire.fire_at).slice(11, 16)} ${fire.status}`)
}

const reasons = async (name: string) => {
  const { body } = await send("GET", `/schedules/${name}/fires`)
  return (body.items as Json[]).toReversed().map(({ reason }) => reason)
}

const started = () => house.desk.calls.flat()

test("what is due gets its run, with inputs made of its time; the next one waits for its own", async () => {
  const inputs = { day: "${{ today() }} ${{ trigger.scheduled_at }}" }
  await schedule("hourly", { inputs, timezone: "Europe/Berlin" })
  await fireAt("08:59:59")
  expect(started()).toHaveLength(0)
  await fireAt("09:00:00")
  expect(started()).toHaveLength(1)
  const [run] = started()
  expect(run).toMatchObject({ workflow: "hourly", version: 1, trigger: "schedule" })
  expect(JSON.parse(run?.inputsJson ?? "")).toEqual({ day: "2030-03-10 2030-03-10T09:00:00.000Z" })
  const shown = await send("GET", "/schedules/hourly")
  expect(shown.body).toMatchObject({
    next_at: "2030-03-10T10:00:00.000Z",
    last: { status: "started", run_id: run?.runId },
  })
})

test("any number of instances start one run for a time", async () => {
  for (const name of ["a", "b", "c"]) await schedule(name, { overlap: "allow", cron: "*/10 * * * *" })
  now = at("10:00:30")
  const instances = Array.from({ length: 6 }, () => fireRound(firing()))
  await Promise.all(instances.map(run))
  const keys = started().map(({ idempotencyKey }) => idempotencyKey)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys).toHaveLength(3)
  for (const name of ["a", "b", "c"]) expect((await history(name)).at(-1)).toBe("10:00 started")
})

test("in an archived workspace nothing is started: its times are left out, and say why, until it is restored", async () => {
  await schedule("resting")
  house.archived.add(home)
  try {
    await fireAt("09:00:00")
    await fireAt("10:00:00")
  } finally {
    house.archived.clear()
  }
  expect(started()).toEqual([])
  await fireAt("11:00:00")
  expect(await history("resting")).toEqual(["09:00 skipped", "10:00 skipped", "11:00 started"])
  expect((await reasons("resting"))[0]).toStartWith("workspace.archived: ")
})

test("while nobody can say whether a workspace is archived, what is due waits", async () => {
  await schedule("waiting")
  const away = async () => {
    throw new Problem("platform.unavailable")
  }
  await fireAt("09:00:00", fireRound({ ...firing(), isArchived: away }))
  expect([started(), await history("waiting")]).toEqual([[], ["09:00 starting"]])
  await fireAt("09:00:40")
  expect(await history("waiting")).toEqual(["09:00 started"])
})

test("a start whose answer was lost is handed over again as the same run", async () => {
  await schedule("lost")
  await fireAt("09:00:00")
  await house.database.run(
    (sql) => sql`update workflow.fire set status = 'starting', look_at = ${new Date(now)}`,
  )
  await fireAt("09:00:05")
  const [first, second] = started()
  expect([second?.runId, second?.idempotencyKey, second?.bodyHash]).toEqual([
    first?.runId,
    first?.idempotencyKey,
    first?.bodyHash,
  ])
  expect(await history("lost")).toEqual(["09:00 started"])
})

test("what its clock shows twice is started once, and a clock set right fires again", async () => {
  await schedule("jump")
  const round = fireRound(firing())
  await fireAt("09:00:00", round)
  await fireAt("13:00:10", round)
  expect(await history("jump")).toEqual([
    "09:00 started",
    "10:00 missed",
    "11:00 missed",
    "12:00 missed",
    "13:00 skipped",
  ])
  house.desk.ended.add(started()[0]?.runId ?? "")
  await fireAt("10:30:00", round)
  await fireAt("11:00:00", round)
  await fireAt("14:00:00", round)
  expect((await history("jump")).at(-1)).toBe("14:00 started")
  expect(started()).toHaveLength(2)
})

test("overlap: skip leaves out what is due while the last run goes on, and says which", async () => {
  await schedule("skips")
  await fireAt("09:00:00")
  await fireAt("10:00:00")
  const run_id = started()[0]?.runId ?? ""
  expect(await reasons("skips")).toEqual([null, `the run ${run_id} had not ended`])
  house.desk.ended.add(run_id)
  await fireAt("11:00:00")
  expect(await history("skips")).toEqual(["09:00 started", "10:00 skipped", "11:00 started"])
})

test("overlap: queue lets them wait in line, one run after the other", async () => {
  await schedule("queues", { overlap: "queue" })
  await fireAt("09:00:00")
  await fireAt("10:00:00")
  await fireAt("11:00:00")
  expect(await history("queues")).toEqual(["09:00 started", "10:00 queued", "11:00 queued"])
  house.desk.ended.add(started()[0]?.runId ?? "")
  await fireAt("11:00:10")
  expect(await history("queues")).toEqual(["09:00 started", "10:00 started", "11:00 queued"])
  house.desk.ended.add(started()[1]?.runId ?? "")
  await fireAt("11:00:20")
  expect(await history("queues")).toEqual(["09:00 started", "10:00 started", "11:00 started"])
})

test("overlap: cancel_running cancels the run before it, and starts once that has ended", async () => {
  await schedule("cancels", { overlap: "cancel_running" })
  await fireAt("09:00:00")
  await fireAt("10:00:00")
  const run_id = started()[0]?.runId ?? ""
  expect(house.desk.cancelled).toContain(run_id)
  expect(await history("cancels")).toEqual(["09:00 started", "10:00 queued"])
  house.desk.ended.add(run_id)
  await fireAt("10:00:05")
  expect(await history("cancels")).toEqual(["09:00 started", "10:00 started"])
})

test("overlap: allow starts them beside each other", async () => {
  await schedule("allows", { overlap: "allow" })
  await fireAt("09:00:00")
  await fireAt("10:00:00")
  expect(await history("allows")).toEqual(["09:00 started", "10:00 started"])
})

test("a jittered start comes at its own time, and not before", async () => {
  await schedule("spread", { jitter: "10m" })
  const next = await send("GET", "/schedules/spread/next?count=1")
  const [{ start_at } = { start_at: "" }] = next.body.items as { start_at: string }[]
  const start_ms = Date.parse(start_at)
  await fireAt("09:00:00")
  expect(await history("spread")).toEqual(["09:00 waiting"])
  now = start_ms - 1
  await fireRound(firing())()
  expect(started()).toHaveLength(0)
  now = start_ms
  await fireRound(firing())()
  expect(started()).toHaveLength(1)
})

test("a paused schedule starts nothing and makes up for nothing when it is resumed", async () => {
  await schedule("paused", { catch_up: "all" })
  expect((await sendAs("POST", "/schedules/paused/pause", { role: "viewer" })).status).toBe(403)
  expect((await sendAs("POST", "/schedules/paused/pause", { role: "operator" })).status).toBe(200)
  await fireAt("09:00:00")
  expect((await send("GET", "/schedules/paused")).body.next_at).toBeNull()
  await sendAs("POST", "/schedules/paused/resume", { role: "operator" })
  await fireAt("10:00:00")
  expect(await history("paused")).toEqual(["09:00 skipped", "10:00 started"])
  expect((await reasons("paused"))[0]).toBe("the schedule was paused")
})

test("a run that is refused leaves the reason in the history", async () => {
  await schedule("refused", { inputs: { day: "${{ today() }}" } })
  await send("POST", "/workflows", {
    source:
      "name: refused\ninputs:\n  who: { type: string, required: true }\ntasks:\n  one: { uses: noop }\n",
  })
  await fireAt("09:00:00")
  expect(await history("refused")).toEqual(["09:00 failed"])
  expect((await reasons("refused"))[0]).toStartWith("inputs.invalid: day: unknown input `day`")
})

test("a backfill starts a run for each time of the range that has none, one after the other", async () => {
  await schedule("filled")
  const past = new Date(Date.UTC(2026, 0, 5, 12)).toISOString()
  const range = { from: "2026-01-05T07:30:00Z", to: past }
  const dry = await send("POST", "/schedules/filled/backfill", { ...range, dry_run: true })
  expect((dry.body.created as string[]).map((time) => time.slice(11, 16))).toEqual([
    "08:00",
    "09:00",
    "10:00",
    "11:00",
    "12:00",
  ])
  expect(await history("filled")).toEqual([])
  const made = await send("POST", "/schedules/filled/backfill", { ...range, to: "2026-01-05T09:00:00Z" })
  expect(made.status).toBe(202)
  await fireAt("08:30:00")
  expect(await history("filled")).toEqual(["08:00 started", "09:00 queued"])
  house.desk.ended.add(started()[0]?.runId ?? "")
  await fireAt("08:30:10")
  expect(started().map(({ trigger }) => trigger)).toEqual(["backfill", "backfill"])
  const again = await send("POST", "/schedules/filled/backfill", { ...range, to: "2026-01-05T09:00:00Z" })
  expect([(again.body.created as string[]).length, (again.body.kept as string[]).length]).toEqual([0, 2])
  const late = await send("POST", "/schedules/filled/backfill", { ...range, to: "2199-01-01T00:00:00Z" })
  expect([late.status, late.body.detail]).toEqual([
    422,
    "lies in the future; what is still to come is started by itself",
  ])
  const huge = await send("POST", "/schedules/filled/backfill", { ...range, from: "2025-01-01T00:00:00Z" })
  expect(huge.body.detail).toStartWith("the range has more than 1000 times")
})

test("a version's schedules follow its file; the same time keeps its name, its history and its pause", async () => {
  const names = async () => {
    const { body } = await send("GET", "/schedules?workflow=declared")
    return (body.items as Json[]).map(({ name, cron, source, paused_at }) => [
      name,
      cron,
      source,
      paused_at !== null,
    ])
  }
  await push("declared", '{ cron: "0 1 * * *" }, { cron: "0 2 * * *", timezone: Europe/Berlin }')
  await send("POST", "/schedules/declared.2/pause")
  expect(await names()).toEqual([
    ["declared", "0 1 * * *", "file", false],
    ["declared.2", "0 2 * * *", "file", true],
  ])
  await push("declared", '{ cron: "0  2 * * *", timezone: Europe/Berlin, overlap: queue }')
  expect(await names()).toEqual([["declared.2", "0 2 * * *", "file", true]])
  await push("declared", '{ cron: "0 3 * * *" }')
  expect(await names()).toEqual([["declared.2", "0 3 * * *", "file", true]])
  const refused = await send("DELETE", "/schedules/declared.2")
  expect([refused.status, refused.body.code]).toEqual([409, "schedule.declared"])
  await push("declared", "")
  expect(await names()).toEqual([])
})

test("schedules are made, refused and deleted by name", async () => {
  await schedule("made")
  const again = await send("POST", "/schedules", { name: "made", workflow: "made", cron: "0 * * * *" })
  expect([again.status, again.body.code]).toEqual([409, "schedule.exists"])
  const wrong = await send("POST", "/schedules", {
    name: "x",
    workflow: "made",
    cron: "0 * * *",
    timezone: "Mars",
  })
  expect((wrong.body.errors as Json[]).map(({ path }) => path)).toEqual(["cron", "timezone"])
  const inputs = await send("POST", "/schedules", {
    name: "x",
    workflow: "made",
    cron: "@daily",
    inputs: { dya: 1 },
  })
  expect([inputs.status, inputs.body.code]).toEqual([422, "inputs.invalid"])
  const nothing = await send("POST", "/schedules", { name: "x", workflow: "nowhere", cron: "@daily" })
  expect([nothing.status, nothing.body.code]).toEqual([404, "workflow.not_found"])
  expect((await sendAs("DELETE", "/schedules/made", { role: "operator" })).status).toBe(403)
  expect((await send("DELETE", "/schedules/made")).status).toBe(204)
  expect((await send("GET", "/schedules/made")).status).toBe(404)
})

test("old history goes, but never what is to be done nor the latest", async () => {
  await schedule("old", { overlap: "allow" })
  await fireAt("09:00:00")
  await fireAt("10:00:00")
  now = at("10:00:00") + 40 * 86_400_000
  await cleanFires(firing(), 30)()
  expect(await history("old")).toEqual(["10:00 started"])
})
