import { afterAll, beforeAll, expect, test } from "bun:test"
import { decodeEvent } from "#kernel/events/decode.ts"
import type { Engine } from "../engine.ts"
import { given } from "../given.ts"
import { startRuns } from "../run/start.ts"
import { fireTimers } from "../timer/fire.ts"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  engine = await given.engine()
})
afterAll(() => engine.close())

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

/** `flaky` fails once, `after` gives more than `flaky`, and somebody else begins the second try. */
const worked = async () => {
  const plan = given.plan({
    flaky: { uses: "noop", retries: { max_retries: 1 } },
    after: { uses: "noop", needs: ["flaky"] },
  })
  const start = given.start(plan, { inputs: { day: "2026-11-22" }, traceparent })
  await startRuns(engine)([start])
  const [first, second] = [await given.session(engine), await given.session(engine)]
  await given.work(engine, first, () => ({ outcome: "failed", error: { code: "x", message: "No." } }))
  await engine.database.run((sql) => sql`update scheduler.timer set due_at = now()`)
  await fireTimers(engine)()
  await given.work(engine, second, ({ task }) => ({
    outputs: { of: task, text: 'a\nb\\n"c" {d}' },
    usage: { cpu_ms: 7 },
    log_chunks: 3,
  }))
  return { run_id: start.run_id, first, second }
}

test("what is read from the rows of tasks and runs is what was told of them", async () => {
  const { run_id, first, second } = await worked()
  const own = async (
    ...remembered: Parameters<typeof given.told> extends [unknown, ...infer Rest] ? Rest : never
  ) => (await given.told(engine, ...remembered)).filter(({ key }) => key === run_id)
  const read = await own()
  expect(read.map(({ topic }) => topic)).toEqual([
    ...[
      "workflow.started",
      "task.started",
      "task.retrying",
      "task.started",
      "task.completed",
      "task.started",
    ],
    ...["task.completed", "workflow.completed"],
  ])
  const started = read.filter(({ topic }) => topic === "task.started").map(({ data }) => data)
  expect(started.map(({ task, attempt, worker_id }) => [task, attempt, worker_id])).toEqual([
    ["flaky", 1, first],
    ["flaky", 2, second],
    ["after", 1, second],
  ])
  const said = await own(engine.told)
  expect(said).toHaveLength(read.length)
  // A run's beginning is the database's time there, and that of its first step here.
  const timeless = (facts: readonly object[]) =>
    JSON.parse(JSON.stringify(facts)).map((fact: { data: object }) => ({
      ...fact,
      data: { ...fact.data, started_at: "" },
    }))
  expect(timeless(read)).toEqual(timeless(said))
  for (const body of read) {
    const event = {
      ...body,
      type: body.topic,
      source: "scheduler",
      at: "2026-11-22T00:00:00.000Z",
      traceparent,
    }
    expect(decodeEvent(event as never)).toMatchObject({ data: { run_id } })
    expect(body.traceparent).toBe(traceparent)
  }
})

test("what is mostly known by its rows is written without a body", async () => {
  const rows = await engine.database.run(
    (sql) => sql<{ topic: string; bare: boolean }>`
      select distinct topic, ids is not null as bare from scheduler.outbox order by topic`,
  )
  const bare = rows.filter((row) => row.bare).map(({ topic }) => topic)
  expect(bare).toEqual(["task.completed", "task.started", "workflow.completed", "workflow.started"])
})
