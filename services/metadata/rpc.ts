import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"
import { callingService, onlyFor } from "#kernel/rpc/callers.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import { type LogChunk, type LogLine, MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import type { Archive } from "./archive.ts"
import { appendChunks } from "./log/append.ts"
import { type NewChunk, type Stream, streams } from "./log/chunk.ts"
import { tailLogs } from "./log/tail.ts"

const max_chunks = 500
/** The last millisecond that RFC 3339 can write. */
const max_at_ms = 253_402_300_799_999

const named = z.object({
  task_run_id: z.uuid(),
  run_id: z.uuid(),
  workspace_id: z.uuid(),
  task: z.string().max(500),
  attempt: z.int().min(0),
  chunk: z.int().min(0),
})

const streamOf = (name: string): Stream => streams.find((known) => known === name) ?? "stdout"

const lineOf = ({ atMs, stream, text }: LogLine) =>
  [Math.min(Math.max(Number(atMs), 0), max_at_ms), streamOf(stream), text] as const

const chunkOf = (message: LogChunk): NewChunk => {
  const { taskRunId: task_run_id, runId: run_id, workspaceId: workspace_id, task, attempt, chunk } = message
  const { success, data, error } = named.safeParse({
    task_run_id,
    run_id,
    workspace_id,
    task,
    attempt,
    chunk,
  })
  if (!success) throw new Problem("request.invalid", { detail: z.prettifyError(error) })
  return { ...data, first_line: Number(message.firstLine), lines: message.lines.map(lineOf) }
}

export const metadataRpc = (archive: Archive): Routes => {
  const append = appendChunks(archive)
  const tail = tailLogs(archive)
  return (router) =>
    router.service(MetadataService, {
      async appendLogs({ chunks }, context) {
        const { service } = callingService(context)
        // The scheduler brings those of workers outside of the platform.
        if (service !== "worker" && service !== "scheduler")
          throw new Problem("auth.forbidden", { detail: "Only workers write logs." })
        if (chunks.length > max_chunks)
          throw new Problem("request.too_large", {
            detail: `At most ${max_chunks} chunks are taken at once.`,
          })
        if (chunks.length > 0) await append(chunks.map(chunkOf))
        return {}
      },
      async tailLogs({ workspaceId: workspace_id, runId: run_id, task, lines }, context) {
        onlyFor(context, "notification")
        const last = await tail({ workspace_id, run_id, task, lines })
        return {
          lines: last.map(({ at, stream, text }) => ({ atMs: BigInt(Date.parse(at)), stream, text })),
        }
      },
    })
}
