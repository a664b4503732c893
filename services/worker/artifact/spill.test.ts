import { expect, test } from "bun:test"
import { create } from "@bufbuild/protobuf"
import { createClient, createRouterTransport } from "@connectrpc/connect"
import { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { AttemptSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { restoreOutputs } from "./restore.ts"
import { spillOutputs } from "./spill.ts"

const given = () => {
  const files = new Map<string, Uint8Array>()
  const transport = createRouterTransport(({ service }) =>
    service(ArtifactService, {
      async store(messages) {
        let name = ""
        const pieces: Uint8Array[] = []
        for await (const { part } of messages) {
          if (part.case === "header")
            name = `${part.value.workspaceId} ${part.value.runId} ${part.value.name}`
          if (part.case === "bytes") pieces.push(part.value)
        }
        const content = Buffer.concat(pieces)
        files.set(name, content)
        return { artifactId: "id", sizeBytes: BigInt(content.length), sha256: "sum" }
      },
      async *fetch({ workspaceId, runId, name }) {
        yield { bytes: files.get(`${workspaceId} ${runId} ${name}`) ?? new Uint8Array() }
      },
    }),
  )
  const client = createClient(ArtifactService, transport)
  return { files, spill: spillOutputs(client), restore: restoreOutputs(client) }
}

const attempt = create(AttemptSchema, {
  workspaceId: "w",
  runId: "r",
  task: "load",
  taskRunId: "t",
  attempt: 1,
})

test("small outputs are left as they are", async () => {
  const { spill, restore, files } = given()
  const outputs = { text: "x".repeat(200_000) }
  expect(await spill(attempt, outputs)).toEqual({ ok: true, outputs })
  const context = { tasks: { load: { status: "completed", outputs } } }
  expect(await restore(attempt, context)).toBe(context)
  expect(files.size).toBe(0)
})

test("of large ones the largest are kept as artifacts, and come back as they were", async () => {
  const { spill, restore, files } = given()
  const outputs = {
    small: 1,
    large: { list: ["ü".repeat(300_000), null, { a: 1.5 }] },
    middle: "x".repeat(100_000),
  }
  const spilt = await spill(attempt, outputs)
  expect([...files.keys()]).toEqual(["w r .wf/outputs/load/large.json"])
  expect(spilt).toMatchObject({ ok: true, outputs: { small: 1, large: { run_id: "r", sha256: "sum" } } })
  const kept = spilt.ok ? spilt.outputs : {}
  const context = {
    tasks: { load: { status: "completed", outputs: kept }, other: { status: "failed", outputs: {} } },
  }
  const restored = await restore(create(AttemptSchema, { workspaceId: "w", runId: "r" }), context)
  expect(restored.tasks?.load?.outputs).toEqual(outputs)
  expect(context.tasks.load.outputs).toBe(kept)
})

test("a reference leads nowhere but into the task's own workspace", async () => {
  const { spill, restore } = given()
  const spilt = await spill(attempt, { large: "x".repeat(300_000) })
  const tasks = { load: { status: "completed", outputs: spilt.ok ? spilt.outputs : {} } }
  const foreign = create(AttemptSchema, { workspaceId: "other", runId: "r" })
  await expect(restore(foreign, { tasks })).rejects.toThrow()
})

test("a job has no run to keep them in, and very many middling ones are too many", async () => {
  const { spill, files } = given()
  const job = create(AttemptSchema, { workspaceId: "w", runId: "", task: "http" })
  expect(await spill(job, { large: "x".repeat(300_000) })).toMatchObject({
    ok: false,
    error: { code: "outputs.too_large" },
  })
  expect(files.size).toBe(0)
  const many = Object.fromEntries(Array.from({ length: 4_000 }, (_, key) => [`k${key}`, "x".repeat(100)]))
  expect(await spill(attempt, many)).toMatchObject({ ok: false, error: { code: "outputs.too_large" } })
})
