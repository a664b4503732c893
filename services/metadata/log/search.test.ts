import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { collections } from "../collections.ts"
import { type GivenMetadata, givenMetadata, givenRun, page, texts } from "../given.ts"

let database: Database
let documents: Documents
let given: GivenMetadata

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata", max_sessions: 4 })
  documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(documents)
})

afterAll(() => database.close())

const path = (query: Record<string, string>) => `logs/search?${new URLSearchParams(query)}`

const search = async (query: Record<string, string>) => page(given.get(path(query)))

const all = async (query: Record<string, string>): Promise<string[]> => {
  const found: string[] = []
  let cursor: string | null = ""
  while (cursor !== null) {
    const { items, next_cursor } = await search({ ...query, ...(cursor !== "" && { cursor }) })
    found.push(...texts(items))
    cursor = next_cursor
  }
  return found
}

const now = (text: string) => [Date.now(), "stdout", text] as const

test("lines of all runs are found, the latest first, each once, whatever the pages", async () => {
  const [one, other] = [givenRun(given), givenRun(given)]
  await one.started()
  await one.wrote(0, 0, now("apple 1"), now("pear"), now("apple 2"))
  await other.wrote(0, 0, now("apple 3"))
  await one.wrote(0, 1, now("apple 4"), now("WARN apple 5"))
  const expected = ["WARN apple 5", "apple 4", "apple 3", "apple 2", "apple 1"]
  for (const limit of ["1", "2", "3", "200"]) expect(await all({ grep: "apple", limit })).toEqual(expected)
  expect(await all({ grep: "^apple [13]$" })).toEqual(["apple 3", "apple 1"])
  expect(await all({ grep: "apple", level: "warn" })).toEqual(["WARN apple 5"])
  expect(await all({ grep: "apple", workflow: "flow" })).toHaveLength(4)
  expect(await all({ grep: "apple", workflow: "none" })).toEqual([])
  expect(await all({ grep: "apple", task: "task-1" })).toEqual([])
  const [line] = (await search({ grep: "apple 3" })).items
  expect(line).toMatchObject({ run_id: other.run_id, task: "task-0", attempt: 1, level: "info" })
})

test("only in the time that is asked for, a day where none is", async () => {
  const run = givenRun(given)
  const at = (hours: number) => [Date.now() - hours * 3_600_000, "stdout", `clock ${hours}`] as const
  const chunks = [30, 5, 1].map((hours, chunk) => ({
    ...run.chunkOf(0, chunk, [at(hours)]),
    id: `${run.taskRun(0)}:1:${chunk}`,
    ...{ version: 1, arrived: (Date.now() - hours * 3_600_000) * 1_000 },
  }))
  await documents.put(collections[2], chunks)
  expect(await all({ grep: "clock" })).toEqual(["clock 1", "clock 5"])
  expect(await all({ grep: "clock", since: "2d" })).toEqual(["clock 1", "clock 5", "clock 30"])
  expect(await all({ grep: "clock", since: "2d", until: "3h" })).toEqual(["clock 5", "clock 30"])
})

test("hostile text is found as it was written, and only by the workspace that wrote it", async () => {
  const run = givenRun(given)
  const hostile = ['quoted "x" \\ %_', "\u001b]52;c;zz\u0007", "\0nul", "$where {}"]
  await run.wrote(0, 0, ...hostile.map(now))
  for (const text of hostile) {
    const grep = text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&")
    if (!grep.includes("\0")) expect(await all({ grep })).toEqual([text])
  }
  const [line] = (await search({ grep: "quoted" })).items
  const as_other = await page(given.get(path({ grep: "quoted", cursor: line?.cursor ?? "" }), given.as_other))
  expect(as_other.items).toEqual([])
  for (const query of [
    { grep: "(" },
    { grep: "x", cursor: "x" },
    { grep: "x", since: "soon" },
    { grep: "x".repeat(201) },
  ]) {
    expect((await given.get(path(query))).status).toBe(422)
  }
})

test("whoever leaves ends the search", async () => {
  let reads = 0
  const leaving = new AbortController()
  const find: Documents["find"] = async (collection, query) => {
    reads += 1
    if (reads === 3) leaving.abort()
    return documents.find(collection, query)
  }
  const own = givenMetadata({ ...documents, find })
  const run = givenRun(own)
  for (let chunk = 0; chunk < 200; chunk += 1) await run.wrote(0, chunk, now(`filler ${chunk}`))
  reads = 0
  await own.get(path({ grep: "never there" }), {}, leaving.signal)
  expect(reads).toBeLessThan(6)
})
