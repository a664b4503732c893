import type { Actor } from "#kernel/auth/actor.ts"
import { platformKey } from "#kernel/auth/platform-key.ts"
import { serviceTokens } from "#kernel/auth/service-token.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import type { Envelope, EventData, EventName } from "#kernel/events/envelope.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { caller } from "#kernel/rpc/client.ts"
import { inMemoryTransport } from "#kernel/rpc/server.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { type Archive, type Patience, patience } from "./archive.ts"
import { markExecutions } from "./execution/mark.ts"
import { recordEvents, recordJobs } from "./execution/record.ts"
import { metadataHttp } from "./http.ts"
import { appendChunks } from "./log/append.ts"
import type { NewChunk, Stream } from "./log/chunk.ts"
import type { LogLine } from "./log/line.ts"
import { metadataRpc } from "./rpc.ts"
import { sharedLook } from "./run/look.ts"
import { createRunSignal } from "./run/signal.ts"
import type { IsThere } from "./run/there.ts"
import { createTroubles } from "./run/trouble.ts"

const workspace_id = "01900000-0000-7000-8000-00000000000a"
const other_workspace_id = "01900000-0000-7000-8000-00000000000b"

/** The token is the workspace's id; a viewer's, whose role may read logs. */
const authenticate = async ({ authorization }: { authorization: string | undefined }): Promise<Actor> => {
  const workspace = authorization?.replace("Bearer ", "")
  if (workspace !== workspace_id && workspace !== other_workspace_id) throw new Problem("auth.required")
  return {
    kind: "user",
    user_id: workspace,
    email: "a@example.test",
    workspace_id: workspace,
    role: "viewer",
    grant_id: workspace,
  }
}

/** A line is its text, or its stream, time and text. */
type GivenLine = string | readonly [number, Stream, string]

const lineOf = (line: GivenLine) => (typeof line === "string" ? ([0, "stdout", line] as const) : line)

/** The service's doors on a store, and what a test tells and asks them. */
export const givenMetadata = (
  documents: Documents,
  more: Partial<Patience> = {},
  isThere: IsThere = async (asked) => asked.workspace_id === workspace_id && isGiven(asked.run_id),
) => {
  const moved = createRunSignal()
  const archive: Archive = {
    documents,
    look: sharedLook(documents, moved),
    mark: markExecutions(documents),
    kit: systemKit(),
    log: silentLog,
    moved,
    troubles: createTroubles(),
    isThere,
    max_keep_days: 30,
    patience: { ...patience, gap_ms: 300, unannounced_ms: 50, ...more },
  }
  const doors = { service: "metadata", authenticate, log: silentLog, metrics: createMetrics() }
  const http = metadataHttp(archive, doors)
  const key = platformKey(Buffer.alloc(32, 7).toString("base64"))
  const rpc = { service: "metadata", tokens: serviceTokens("metadata", key), log: silentLog }
  return {
    archive,
    handle: recordEvents(archive),
    handleJobs: recordJobs(archive),
    append: appendChunks(archive),
    /** The client that a service of the platform would have. */
    clientOf: (service: string) => {
      const dial = (_: string, outgoing: Parameters<typeof inMemoryTransport>[2]) =>
        inMemoryTransport(metadataRpc(archive), rpc, outgoing)
      return caller(dial, serviceTokens(service, key))("metadata", MetadataService)
    },
    get: (path: string, headers: Record<string, string> = {}, signal?: AbortSignal) =>
      http.request(`/api/v1/${path}`, {
        headers: { authorization: `Bearer ${workspace_id}`, ...headers },
        ...(signal && { signal }),
      }),
    as_other: { authorization: `Bearer ${other_workspace_id}` },
  }
}

export type GivenMetadata = ReturnType<typeof givenMetadata>

let runs_made = 0

/** As the scheduler makes the ids of runs; others are nobody's. */
const isGiven = (run_id: string): boolean => run_id.endsWith("00000")

/** A run of its own, its task runs' ids beside it as the scheduler makes them. */
export const givenRun = ({ handle, append }: GivenMetadata) => {
  runs_made += 1
  const run_id = `${Bun.randomUUIDv7().slice(0, -12)}${(runs_made % 4096).toString(16).padStart(7, "0")}00000`
  const taskRun = (task: number) => `${run_id.slice(0, -5)}${(task + 1).toString(16).padStart(5, "0")}`
  const at = () => new Date().toISOString()
  const told = <Name extends EventName>(type: Name, data: EventData<Name>) =>
    handle([{ id: Bun.randomUUIDv7(), type, source: "scheduler", key: run_id, at: at(), data } as Envelope])
  const fact = (task: number, attempt: number) => ({
    task_run_id: taskRun(task),
    run_id,
    workspace_id,
    task: `task-${task}`,
    attempt,
    at: at(),
  })
  const run = { run_id, workspace_id, workflow: "flow", version: 1 }
  const chunkOf = (task: number, chunk: number, lines: readonly GivenLine[]): NewChunk => {
    const { task_run_id, task: name, attempt } = fact(task, 1)
    const place = { task_run_id, task: name, attempt, chunk }
    return { workspace_id, run_id, ...place, first_line: 0, lines: lines.map(lineOf) }
  }
  return {
    run_id,
    taskRun,
    fact,
    told,
    chunkOf,
    started: () => told("workflow.started", { ...run, trigger: "test", started_at: at() }),
    ended: (status: "completed" | "failed" | "cancelled" = "completed") =>
      told("workflow.completed", { ...run, status, reason: null, started_at: at(), finished_at: at() }),
    taskStarted: (task: number, attempt = 1) =>
      told("task.started", { ...fact(task, attempt), worker_id: "worker-1" }),
    taskCompleted: (task: number, log_chunks: number, attempt = 1) =>
      told("task.completed", { ...fact(task, attempt), outputs: { n: task }, log_chunks }),
    wrote: (task: number, chunk: number, ...lines: readonly GivenLine[]) =>
      append([chunkOf(task, chunk, lines)]),
  }
}

export const page = async (answer: Response | Promise<Response>) =>
  (await (await answer).json()) as { items: LogLine[]; next_cursor: string | null }

export const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text)

/** A stream being read: what has come so far, and its end. */
export const reading = (answer: Response) => {
  const lines: LogLine[] = []
  const reader = answer.body?.getReader()
  const decoder = new TextDecoder()
  const state = { lines, raw: "", signs_of_life: 0 }
  const read = async () => {
    for (;;) {
      const piece = await reader?.read()
      if (!piece || piece.done) return lines
      state.raw += decoder.decode(piece.value, { stream: true })
      const whole = state.raw.split("\n").slice(0, -1)
      const found = whole.map((line) => line.replace(/^data: /, "")).filter((line) => line.startsWith("{"))
      state.signs_of_life = whole.filter((line) => line === "" || line.startsWith(": still")).length
      lines.splice(0, lines.length, ...found.map((line) => JSON.parse(line) as LogLine))
    }
  }
  return Object.assign(state, { ended: read(), leave: () => reader?.cancel() })
}

/** What is told of stand-alone jobs. */
export const jobEvent = <Name extends "job.completed" | "job.dead_lettered" | "task.retrying">(
  type: Name,
  data: Partial<EventData<Name>> & { readonly job_id: string },
): Envelope => {
  const { job_id } = data
  const at = new Date().toISOString()
  const ofTask = { task_run_id: job_id, run_id: null, task: "noop", in_workflow: null, retry_at: at }
  const ofJob = { queue: "default", dead_letter_id: Bun.randomUUIDv7(), attempts: 1, reason: "task.failed" }
  const error = { code: "task.failed", message: "No." }
  const both = { workspace_id, type: "noop", attempt: 1, log_chunks: 0, error, result: {}, at }
  const envelope = { id: Bun.randomUUIDv7(), type, source: "scheduler", key: job_id, at }
  return { ...envelope, data: { ...ofTask, ...ofJob, ...both, ...data } } as unknown as Envelope
}
