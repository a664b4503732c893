import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { until } from "#kernel/testing/until.ts"
import { collections } from "../collections.ts"
import { type GivenMetadata, givenMetadata, givenRun, page, reading, texts } from "../given.ts"

let database: Database
let documents: Documents
let given: GivenMetadata

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata", max_sessions: 8 })
  documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(documents)
})

afterAll(() => database.close())

const sse = { accept: "text/event-stream" }
const ndjson = { accept: "application/x-ndjson" }

const follow = async (path: string, headers: Record<string, string> = ndjson) =>
  reading(await given.get(`runs/${path}${path.includes("?") ? "&" : "?"}follow=true`, headers))

describe("a page", () => {
  test("has the lines of each attempt in order, whatever order their chunks came in", async () => {
    const run = givenRun(given)
    await run.started()
    await run.wrote(0, 1, "c")
    await run.wrote(1, 0, "x")
    await run.wrote(0, 2, "d")
    expect(texts((await page(given.get(`runs/${run.run_id}/logs`))).items)).toEqual(["x"])
    await run.wrote(0, 0, "a", "b")
    const { items, next_cursor } = await page(given.get(`runs/${run.run_id}/logs`))
    expect(texts(items.filter(({ task }) => task === "task-0"))).toEqual(["a", "b", "c", "d"])
    expect(next_cursor).toBeNull()
    expect(items[0]).toMatchObject({ run_id: run.run_id, attempt: 1, stream: "stdout" })
  })

  test("goes on behind any line's cursor, without a gap or a line twice", async () => {
    const run = givenRun(given)
    await run.started()
    for (let task = 0; task < 40; task += 1) {
      await run.wrote(task, 0, `${task}.0`, `${task}.1`)
      await run.wrote(task, 1, `${task}.2`)
      await run.taskCompleted(task, 2)
    }
    await run.ended()
    const seen: string[] = []
    let cursor: string | null = ""
    while (cursor !== null) {
      const query: string = cursor === "" ? "" : `&cursor=${cursor}`
      const next = await page(given.get(`runs/${run.run_id}/logs?limit=7${query}`))
      seen.push(...texts(next.items))
      cursor = next.next_cursor
    }
    expect(seen).toHaveLength(120)
    expect(new Set(seen).size).toBe(120)
  })

  test("can be had of one task, one attempt, by text, by time, and of the last lines", async () => {
    const run = givenRun(given)
    await run.started()
    const old_ms = Date.now() - 3_600_000
    await run.wrote(
      0,
      0,
      [old_ms, "stdout", "old (1)"],
      [Date.now(), "stderr", "new"],
      [Date.now(), "stdout", "newer"],
    )
    await given.append([{ ...run.chunkOf(0, 0, ["again"]), attempt: 2 }, run.chunkOf(1, 0, ["other"])])
    const of = async (query: string) =>
      texts((await page(given.get(`runs/${run.run_id}/logs?${query}`))).items)
    expect(await of("task=task-1")).toEqual(["other"])
    expect(await of("task=task-0&attempt=2")).toEqual(["again"])
    expect(await of("grep=new&since=10m")).toEqual(["new", "newer"])
    expect(await of(`grep=${encodeURIComponent("\\(1\\)")}`)).toEqual(["old (1)"])
    expect(await of(`grep=${encodeURIComponent("^(?i)NEW.?.?$")}`)).toEqual(["new", "newer"])
    expect(await of("level=error")).toEqual(["new"])
    expect(await of("task=task-0&attempt=1&tail=2")).toEqual(["new", "newer"])
  })

  test("of a task has the lines of all its items, of an item only its own", async () => {
    const run = givenRun(given)
    await run.started()
    const names = ["shard[0]", "shard[1]", "shard", "shards", "shard-x", "shardA", "Shard[0]", "shar"]
    await given.append(names.map((task, index) => ({ ...run.chunkOf(index, 0, [task]), task })))
    const of = async (task: string) => {
      const path = `runs/${run.run_id}/logs?task=${encodeURIComponent(task)}`
      const paged = texts((await page(given.get(path))).items)
      const following = given.get(`${path}&follow=true&tail=100`, ndjson)
      return { paged, following }
    }
    const wanted = { shard: ["shard", "shard[0]", "shard[1]"], "shard[1]": ["shard[1]"], shar: ["shar"] }
    const asked = await Promise.all(Object.keys(wanted).map(of))
    await run.ended()
    for (const [index, expected] of Object.values(wanted).entries()) {
      expect(asked[index]?.paged.toSorted()).toEqual(expected)
      const followed = (await (await asked[index]?.following)?.text())?.trim().split("\n") ?? []
      const lines = followed.filter((line) => line !== "").map((line) => JSON.parse(line).text)
      expect(lines.toSorted()).toEqual(expected)
    }
  })

  test("is refused for a pattern, a strange time and a cursor that isn't one of this run", async () => {
    const run = givenRun(given)
    const other = givenRun(given)
    await run.started()
    await other.started()
    await run.wrote(0, 0, "a")
    const [line] = (await page(given.get(`runs/${run.run_id}/logs`))).items
    const status = async (run_id: string, query: string) =>
      (await given.get(`runs/${run_id}/logs?${query}`)).status
    expect(await status(run.run_id, "grep=(a%2B)%2B(")).toBe(422)
    expect(await status(run.run_id, "level=loud")).toBe(422)
    expect(await status(run.run_id, "since=yesterday")).toBe(422)
    expect(await status(run.run_id, `cursor=${line?.cursor}`)).toBe(200)
    for (const cursor of ["x", "AAAA.BBBB", `${line?.cursor}.AA`, "A".repeat(5_000)]) {
      expect(await status(run.run_id, `cursor=${cursor}`)).toBe(422)
    }
    expect(await status(other.run_id, `cursor=${line?.cursor}`)).toBe(422)
    expect(await status(run.run_id, `task=task-0&cursor=${line?.cursor}`)).toBe(422)
  })

  test("has hostile text as it was written", async () => {
    const run = givenRun(given)
    await run.started()
    const hostile = [
      "\0",
      "\ud800 alone",
      "__proto__",
      '{"$gt":""}',
      "\x1b]52;c;x\x07",
      "a\r\nb\u2028",
      "data: x\n\n",
    ]
    await run.wrote(0, 0, ...hostile)
    await run.taskCompleted(0, 1)
    await run.ended()
    expect(texts((await page(given.get(`runs/${run.run_id}/logs`))).items)).toEqual(hostile)
    for (const accept of [sse, ndjson]) {
      expect(texts(await (await follow(`${run.run_id}/logs`, accept)).ended)).toEqual(hostile)
    }
  })
})

describe("following", () => {
  test("begins where the scheduler has the run, however late what it tells comes here", async () => {
    const run = givenRun(given)
    const lagging = givenMetadata(documents, {}, async () => true)
    expect(await page(lagging.get(`runs/${run.run_id}/logs`))).toEqual({ items: [], next_cursor: null })
    const stream = reading(await lagging.get(`runs/${run.run_id}/logs?follow=true`))
    await run.started()
    await run.taskStarted(0)
    await run.wrote(0, 0, "late")
    await run.taskCompleted(0, 1)
    await run.ended()
    expect(texts(await stream.ended)).toEqual(["late"])
    // What is older than anything is kept for at least has been removed, and nothing of it will come.
    expect((await lagging.get("runs/01900000-0000-7000-8000-000000000000/logs?follow=true")).status).toBe(404)
  })

  test("begins before the run is known and ends when all that was announced has come", async () => {
    const run = givenRun(given)
    const asked = follow(`${run.run_id}/logs`)
    await run.wrote(0, 0, "first")
    await run.started()
    const stream = await asked
    await until("the first line", () => stream.lines.length === 1)
    await run.taskStarted(0)
    await run.taskCompleted(0, 2)
    await run.ended()
    await run.wrote(0, 1, "last")
    expect(texts(await stream.ended)).toEqual(["first", "last"])
  })

  test("a run without lines ends its stream when it ends", async () => {
    const run = givenRun(given)
    await run.started()
    const stream = await follow(`${run.run_id}/logs`, sse)
    await run.taskStarted(0)
    await run.taskCompleted(0, 0)
    await run.ended()
    expect(await stream.ended).toEqual([])
  })

  test("what never comes is stated, and what is behind it is given", async () => {
    const run = givenRun(given)
    await run.started()
    const stream = await follow(`${run.run_id}/logs`)
    await run.wrote(0, 0, "a")
    await run.wrote(0, 3, "d")
    await run.taskCompleted(0, 5)
    await run.taskCompleted(1, 1)
    await run.ended()
    const lines = await stream.ended
    expect(lines.map(({ task, stream: name }) => `${task} ${name}`).sort()).toEqual([
      "task-0 stdout",
      "task-0 stdout",
      "task-0 system",
      "task-0 system",
      "task-1 system",
    ])
    expect(texts(lines.filter(({ task }) => task === "task-0"))).toEqual([
      "a",
      "[wf] Lines are missing here: Chunks 1 to 2 of this attempt's log never came.",
      "d",
      "[wf] Lines are missing here: Chunk 4 of this attempt's log never came.",
    ])
    // Behind a statement the stream goes on from its cursor as behind a line.
    const stated = lines.find(({ stream: name }) => name === "system")
    const before = lines.slice(0, lines.findIndex(({ cursor }) => cursor === stated?.cursor) + 1)
    const rest = await (await follow(`${run.run_id}/logs?cursor=${stated?.cursor}`)).ended
    expect(texts(rest).sort()).toEqual(texts(lines.filter((line) => !before.includes(line))).sort())
  })

  test("resumes behind the last event, wherever it was cut, with attempts that began meanwhile", async () => {
    const run = givenRun(given)
    await run.started()
    await run.wrote(0, 0, "0.0", "0.1")
    await run.wrote(1, 0, "1.0")
    await run.taskCompleted(1, 1)
    const first = await follow(`${run.run_id}/logs`, sse)
    await until("three lines", () => first.lines.length === 3)
    const seen = [...first.lines]
    await first.leave()
    await run.wrote(2, 0, "2.0")
    await run.wrote(0, 1, "0.2")
    await run.taskCompleted(0, 2)
    await run.taskCompleted(2, 1)
    await run.ended()
    const whole = await (await follow(`${run.run_id}/logs`)).ended
    expect(texts(whole).sort()).toEqual(["0.0", "0.1", "0.2", "1.0", "2.0"])
    for (const [index, line] of seen.entries()) {
      const resumed = await follow(`${run.run_id}/logs`, { ...sse, "last-event-id": line.cursor })
      const rest = texts(await resumed.ended)
      expect([...texts(seen.slice(0, index + 1)), ...rest].sort()).toEqual(texts(whole).sort())
    }
  })

  test("attempts that are long over take no room in the cursor, and are not read again", async () => {
    const run = givenRun(given)
    await run.started()
    const long_ago_us = (Date.now() - 60_000) * 1_000
    const chunks = Array.from({ length: 300 }, (_, task) => run.chunkOf(task, 0, [`${task}`]))
    await documents.put(
      collections[2],
      chunks.map((chunk, index) => ({
        ...chunk,
        id: `${chunk.task_run_id}:1:0`,
        version: 1,
        arrived: long_ago_us + index,
      })),
    )
    for (let task = 0; task < 300; task += 1) await run.taskCompleted(task, 1)
    await run.taskCompleted(300, 1)
    const stream = await follow(`${run.run_id}/logs`)
    await until("all", () => stream.lines.length === 300)
    await run.wrote(300, 0, "new")
    await run.ended()
    const lines = await stream.ended
    expect(texts(lines).at(-1)).toBe("new")
    expect(new Set(texts(lines)).size).toBe(301)
    expect(lines.at(-1)?.cursor.length).toBeLessThan(400)
    for (const at of [10, 150, 299]) {
      const rest = await (await follow(`${run.run_id}/logs?cursor=${lines[at]?.cursor}`)).ended
      expect(texts(rest)).toEqual(texts(lines.slice(at + 1)))
    }
  })

  test("with tail, the last lines come first and then what follows", async () => {
    const run = givenRun(given)
    await run.started()
    await run.wrote(0, 0, "a", "b", "c")
    const stream = await follow(`${run.run_id}/logs?tail=1`)
    await until("the last line", () => stream.lines.length === 1)
    await run.wrote(0, 1, "d")
    await run.taskCompleted(0, 2)
    await run.ended()
    expect(texts(await stream.ended)).toEqual(["c", "d"])
  })

  test("shows signs of life while nothing happens, also where no line is wanted", async () => {
    const hasty = givenMetadata(documents, { heartbeat_ms: 20 })
    const run = givenRun(hasty)
    await run.started()
    await run.wrote(0, 0, "a")
    for (const headers of [sse, ndjson]) {
      const stream = reading(await hasty.get(`runs/${run.run_id}/logs?follow=true&grep=never`, headers))
      await until("two signs", () => stream.signs_of_life >= 2)
      await stream.leave()
      expect(stream.lines).toEqual([])
    }
  })

  test("other instances' chunks are found without a signal", async () => {
    const run = givenRun(givenMetadata(documents))
    await run.started()
    const stream = await follow(`${run.run_id}/logs`)
    await run.wrote(0, 0, "elsewhere")
    await run.taskCompleted(0, 1)
    await run.ended()
    expect(texts(await stream.ended)).toEqual(["elsewhere"])
  })
})

test("another workspace's run, and one that isn't there, are not found", async () => {
  const run = givenRun(given)
  await run.started()
  await run.wrote(0, 0, "secret")
  for (const path of [`runs/${run.run_id}/logs`, `runs/${run.run_id}/logs?follow=true`]) {
    const answer = await given.get(path, given.as_other)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain("secret")
  }
  expect((await given.get(`runs/${Bun.randomUUIDv7()}/logs`)).status).toBe(404)
  expect((await given.get(`runs/${run.run_id}/logs`, { authorization: "" })).status).toBe(401)
})

test("followers of the same who look at once share what is read, and each is given every line once", async () => {
  let reads = 0
  const counting: Documents = {
    ...documents,
    find: (collection, query) => {
      reads += 1
      return documents.find(collection, query)
    },
  }
  const own = givenMetadata(counting)
  const run = givenRun(own)
  await run.started()
  const followers = 200
  const streams = await Promise.all(
    Array.from({ length: followers }, async () =>
      reading(await own.get(`runs/${run.run_id}/logs?follow=true`, ndjson)),
    ),
  )
  await run.wrote(0, 0, "first")
  await until("the first line, everywhere", () => streams.every(({ lines }) => lines.length === 1))
  reads = 0
  await run.wrote(0, 1, "second", "third")
  await until("all lines, everywhere", () => streams.every(({ lines }) => lines.length === 3))
  expect(reads).toBeLessThan(followers / 4)
  await run.taskCompleted(0, 2)
  await run.ended()
  for (const stream of streams) expect(texts(await stream.ended)).toEqual(["first", "second", "third"])
})

describe("of a long log", () => {
  const long = async () => {
    const run = givenRun(given)
    await run.started()
    const hour_ago_ms = Date.now() - 3_600_000
    const chunks = Array.from({ length: 400 }, (_, chunk) => ({
      ...run.chunkOf(0, chunk, [[hour_ago_ms, "stdout", `line ${chunk}`]]),
      id: `${run.taskRun(0)}:1:${chunk}`,
      ...{ version: 1, arrived: hour_ago_ms * 1_000 + chunk },
    }))
    await documents.put(collections[2], chunks)
    await run.wrote(0, 400, [Date.now(), "stdout", "recent"])
    await run.taskCompleted(0, 401)
    await run.ended()
    return run
  }

  /** How many chunks were read whole for an answer. */
  const counted = () => {
    let chunks = 0
    const find: Documents["find"] = async (collection, query) => {
      const found = await documents.find(collection, query)
      if (collection.name === "log_chunk" && !query.fields_only) chunks += found.length
      return found
    }
    return { own: givenMetadata({ ...documents, find }), read: () => chunks }
  }

  test("the last lines are had without its beginning, as a page and as a stream", async () => {
    const run = await long()
    const { own, read } = counted()
    const path = `runs/${run.run_id}/logs?tail=3`
    expect(texts((await page(own.get(path))).items)).toEqual(["line 398", "line 399", "recent"])
    expect(texts(await reading(await own.get(path, ndjson)).ended)).toEqual([
      "line 398",
      "line 399",
      "recent",
    ])
    const found = await page(own.get(`runs/${run.run_id}/logs?tail=2&grep=line.39`))
    expect(texts(found.items)).toEqual(["line 398", "line 399"])
    expect(read()).toBeLessThan(60)
  })

  test("what came since a time is had without what was before", async () => {
    const run = await long()
    const { own, read } = counted()
    const { items } = await page(own.get(`runs/${run.run_id}/logs?since=10m`))
    expect(texts(items)).toEqual(["recent"])
    const rest = await page(own.get(`runs/${run.run_id}/logs?cursor=${items[0]?.cursor}`))
    expect(rest.items).toEqual([])
    expect(read()).toBeLessThan(10)
  })

  test("a tail goes back no further than to what is missing, which is stated as ever", async () => {
    const run = givenRun(given)
    await run.started()
    await run.wrote(0, 0, "a")
    await run.wrote(0, 2, "c")
    await run.taskCompleted(0, 3)
    await run.ended()
    const stream = await follow(`${run.run_id}/logs?tail=2`)
    expect(texts(await stream.ended)).toEqual(["a", expect.stringContaining("Chunk 1"), "c"])
  })
})
