import { controlOf } from "./control.ts"
import { either, following } from "./follow.ts"
import { allOf, pageCall } from "./pages.ts"
import type { LogLine, Page, PageOptions, Run, RunEvent, TaskRun } from "./shapes.ts"
import { linesOf, sentEvents } from "./streams.ts"
import type { Transport } from "./transport.ts"

export type StartRun = {
  readonly workflow: string
  readonly version?: number
  readonly inputs?: Readonly<Record<string, unknown>>
  readonly idempotency_key?: string
  /** Repeats an earlier run with this version. */
  readonly rerun?: { readonly of: string; readonly mode?: "all" | "failed" | "from"; readonly task?: string }
}

export type ListRuns = PageOptions & { readonly status?: string; readonly workflow?: string }

export type FollowOptions = {
  readonly signal?: AbortSignal
  /** How long the server may stay away. Default one minute. */
  readonly max_away_ms?: number
}

export type WatchOptions = FollowOptions & { readonly after?: number }

export type LogOptions = FollowOptions & {
  readonly follow?: boolean
  readonly task?: string
  readonly attempt?: number
  readonly level?: LogLine["level"]
  readonly tail?: number
  readonly since?: string
  readonly grep?: string
  readonly cursor?: string
}

const ended: ReadonlySet<string> = new Set(["completed", "failed", "cancelled"])

export const isEnded = (run: Pick<Run, "status">): boolean => ended.has(run.status)

const patience = (transport: Transport, { signal, max_away_ms = 60_000 }: FollowOptions) => ({
  signal: either(transport.signal, signal),
  max_away_ms,
})

const startRun =
  (transport: Transport) =>
  ({ idempotency_key, ...run }: StartRun) => {
    const headers = { "idempotency-key": idempotency_key ?? crypto.randomUUID() }
    return transport.json<Run>({ method: "POST", path: "/api/v1/runs", json: run, headers })
  }

export const runsOf = (transport: Transport) => {
  const path = (run_id: string) => `/api/v1/runs/${encodeURIComponent(run_id)}`
  const get = (run_id: string) => transport.json<Run>({ path: path(run_id) })
  const list = (options: ListRuns = {}) => transport.json<Page<Run>>(pageCall("/api/v1/runs", options))

  /** A run's events as they come, from `after` on, until it has ended; survives a restart of the server. */
  const watch = (run_id: string, options: WatchOptions = {}): AsyncIterable<RunEvent> => {
    let after = options.after ?? 0
    let complete = false
    const { signal } = options
    async function* open(): AsyncGenerator<RunEvent> {
      const headers = { accept: "text/event-stream", "last-event-id": String(after) }
      const call = { path: `${path(run_id)}/events`, headers, stream: true, ...(signal && { signal }) }
      const { body } = await transport.send(call)
      if (!body) return
      for await (const { data } of sentEvents(body)) {
        const event = JSON.parse(data) as RunEvent
        if (event.seq <= after) continue
        after = event.seq
        complete = event.type === "workflow.completed"
        yield event
      }
    }
    return following(open, () => complete, patience(transport, options))
  }

  /** Log lines; with `follow` until the run has ended and all of them are there. */
  const logs = (run_id: string, options: LogOptions = {}): AsyncIterable<LogLine> => {
    const { signal, max_away_ms: _, cursor: first, tail, ...query } = options
    let cursor = first
    async function* open(): AsyncGenerator<LogLine> {
      const headers = { accept: "application/x-ndjson" }
      const from = cursor === undefined ? { tail } : { cursor }
      const call = { path: `${path(run_id)}/logs`, query: { ...query, ...from }, headers, stream: true }
      const { body } = await transport.send({ ...call, ...(signal && { signal }) })
      if (!body) return
      for await (const text of linesOf(body)) {
        if (text.trim() === "") continue
        const line = JSON.parse(text) as LogLine
        cursor = line.cursor
        yield line
      }
    }
    const isComplete = async () => options.follow !== true || isEnded(await get(run_id))
    return following(open, isComplete, patience(transport, options))
  }

  return {
    start: startRun(transport),
    get,
    list,
    all: (options: ListRuns = {}) => allOf(list, options),
    ...controlOf(transport, path),
    tasks: (run_id: string) => transport.json<Page<TaskRun>>({ path: `${path(run_id)}/tasks` }),
    watch,
    logs,
  }
}
