import type { Client } from "@connectrpc/connect"
import type { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

const chunk_bytes = 256 * 1024

export type Upload = {
  readonly name: string
  readonly contentType: string
  readonly sizeBytes?: bigint
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>
  readonly limit_ms: number
}

/** Stores something as an artifact of an attempt, in pieces. */
export const upload = (
  artifacts: Client<typeof ArtifactService>,
  attempt: Attempt,
  { limit_ms, ...wanted }: Upload,
) => artifacts.store(messagesOf(attempt, wanted), { timeoutMs: limit_ms })

async function* messagesOf(attempt: Attempt, { content, ...named }: Omit<Upload, "limit_ms">) {
  const { workspaceId, runId, task, taskRunId, attempt: number } = attempt
  const header = { ...{ workspaceId, runId, task, taskRunId }, attempt: number, ...named }
  yield { part: { case: "header" as const, value: header } }
  for await (const bytes of content) {
    for (let at = 0; at < bytes.length; at += chunk_bytes) {
      yield { part: { case: "bytes" as const, value: bytes.subarray(at, at + chunk_bytes) } }
    }
  }
}
