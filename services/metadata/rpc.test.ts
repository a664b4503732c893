import { afterAll, beforeAll, expect, test } from "bun:test"
import { create } from "@bufbuild/protobuf"
import type { Database } from "#kernel/database/database.ts"
import { postgresDocuments } from "#kernel/documents/postgres.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { type LogChunk, LogChunkSchema } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { collections } from "./collections.ts"
import { type GivenMetadata, givenMetadata, givenRun, page, texts } from "./given.ts"
import type { NewChunk } from "./log/chunk.ts"

let database: Database
let given: GivenMetadata

beforeAll(async () => {
  database = await testDatabase({ schema: "metadata" })
  const documents = postgresDocuments({ database })
  await documents.prepare(collections)
  given = givenMetadata(documents)
})

afterAll(() => database.close())

const messageOf = (chunk: NewChunk): LogChunk => {
  const {
    task_run_id: taskRunId,
    run_id: runId,
    workspace_id: workspaceId,
    task,
    attempt,
    first_line,
  } = chunk
  const lines = chunk.lines.map(([at_ms, stream, text]) => ({
    atMs: BigInt(at_ms),
    stream: `${stream}`,
    text,
  }))
  const named = { taskRunId, runId, workspaceId, task, attempt, chunk: chunk.chunk }
  return create(LogChunkSchema, { ...named, firstLine: BigInt(first_line), lines })
}

test("chunks are there once they are acknowledged, and once however often they are sent", async () => {
  const run = givenRun(given)
  await run.started()
  const worker = given.clientOf("worker")
  const chunks = [run.chunkOf(0, 0, ["a", [5, "stderr", "b"]]), run.chunkOf(0, 1, ["c"])].map(messageOf)
  await Promise.all([1, 2, 3, 4].map(() => worker.appendLogs({ chunks })))
  const changed = messageOf(run.chunkOf(0, 1, ["something else"]))
  await worker.appendLogs({ chunks: [changed, ...chunks, ...chunks] })
  const { items } = await page(given.get(`runs/${run.run_id}/logs`))
  expect(texts(items)).toEqual(["a", "b", "c"])
  expect(items[1]).toMatchObject({ stream: "stderr", at: "1970-01-01T00:00:00.005Z" })
  await worker.appendLogs({ chunks: [] })
})

test("only workers may write", async () => {
  const run = givenRun(given)
  await run.started()
  const chunks = [messageOf(run.chunkOf(0, 0, ["forged"]))]
  await expect(given.clientOf("artifact").appendLogs({ chunks })).rejects.toMatchObject({
    code: "auth.forbidden",
  })
  expect((await page(given.get(`runs/${run.run_id}/logs`))).items).toEqual([])
})

test("a chunk without a proper place is refused, and a time beyond all calendars is bounded", async () => {
  const run = givenRun(given)
  await run.started()
  const worker = given.clientOf("worker")
  const good = messageOf(run.chunkOf(0, 0, [[Number.MAX_SAFE_INTEGER, "stdout", "late"]]))
  for (const wrong of [{ taskRunId: "x" }, { workspaceId: "" }, { chunk: -1 }]) {
    const chunks = [create(LogChunkSchema, { ...good, ...wrong })]
    await expect(worker.appendLogs({ chunks })).rejects.toMatchObject({ code: "request.invalid" })
  }
  await worker.appendLogs({ chunks: [good] })
  const { items } = await page(given.get(`runs/${run.run_id}/logs`))
  expect(items).toMatchObject([{ text: "late", at: "9999-12-31T23:59:59.999Z" }])
})

test("the last lines of a task are given once all of its run are there, to the service of notifications alone", async () => {
  const run = givenRun(given)
  await run.started()
  await run.taskStarted(0)
  await run.wrote(0, 0, "one", "two")
  const asked = {
    workspaceId: run.chunkOf(0, 0, []).workspace_id,
    runId: run.run_id,
    task: "task-0",
    lines: 2,
  }
  const tail = given.clientOf("notification").tailLogs(asked)
  await run.taskCompleted(0, 2)
  await run.ended("failed")
  await run.wrote(0, 1, "three")
  expect((await tail).lines.map(({ text }) => text)).toEqual(["two", "three"])
  const elsewhere = { ...asked, workspaceId: crypto.randomUUID() }
  expect((await given.clientOf("notification").tailLogs(elsewhere)).lines).toEqual([])
  await expect(given.clientOf("artifact").tailLogs(asked)).rejects.toMatchObject({ code: "auth.forbidden" })
})
