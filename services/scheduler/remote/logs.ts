import type { Client } from "@connectrpc/connect"
import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import type { Engine } from "../engine.ts"
import { keyOf, type OwnAttempt, ownAttempts, ownWorker } from "./own.ts"
import type { WorkLogChunk } from "./shape.ts"

export type LogStore = Pick<Client<typeof MetadataService>, "appendLogs">

type ShipLogs = { readonly worker_id: string; readonly chunks: readonly WorkLogChunk[] }

type Stored = Pick<WorkLogChunk, "task_run_id" | "token" | "chunk"> & {
  readonly verdict: "stored" | "dropped" | "stale"
}

/** Answered after the store's write. Whose lines these are says the database, not the worker. */
export const shipLogs = (engine: Engine, store: LogStore) => {
  const own = ownWorker(engine)
  return async (actor: Actor, { worker_id, chunks }: ShipLogs): Promise<Stored[]> => {
    const worker = await own(actor, worker_id)
    const found = await engine.hot.run((sql) => ownAttempts(sql, worker, chunks))
    const known = new Map(found.map((one) => [keyOf(one), one]))
    if (known.size === 0) throw new Problem("attempt.stale")
    const kept = chunks.flatMap((chunk) => {
      const attempt = known.get(keyOf(chunk))
      return attempt?.run_id ? [messageOf(chunk, attempt, worker.workspace_id)] : []
    })
    if (kept.length > 0) await store.appendLogs({ chunks: kept })
    return chunks.map((chunk) => {
      const { task_run_id, token, chunk: number } = chunk
      return { task_run_id, token, chunk: number, verdict: verdictOn(known.get(keyOf(chunk))) }
    })
  }
}

const verdictOn = (attempt: OwnAttempt | undefined): Stored["verdict"] => {
  if (!attempt) return "stale"
  return attempt.run_id === null ? "dropped" : "stored"
}

const messageOf = (
  { task_run_id: taskRunId, chunk, first_line, lines }: WorkLogChunk,
  { run_id, task, attempt }: OwnAttempt,
  workspaceId: string,
) => ({
  ...{ taskRunId, runId: run_id ?? "", workspaceId, task, attempt, chunk },
  firstLine: BigInt(first_line),
  lines: lines.map(({ at, stream, text }) => ({ atMs: BigInt(Date.parse(at)), stream, text: plain(text) })),
})

/** No text of ours has a NUL or half of a character; what ends a line is no part of it. */
const plain = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD").replaceAll("\n", " ")
