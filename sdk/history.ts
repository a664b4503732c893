import { allOf, pageCall } from "./pages.ts"
import type { Execution, ExecutionStats, LogLine, Page, PageOptions, Retention } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type ExecutionFilter = {
  readonly run_id?: string
  readonly workflow?: string
  readonly task?: string
  readonly type?: string
  readonly worker_id?: string
  readonly status?: string
  readonly since?: string
  readonly until?: string
  readonly min_duration?: string
  readonly max_duration?: string
  /** Words that its error has all. */
  readonly error?: string
  /** Of its run: `customer=4711` */
  readonly input?: string
  /** `rows=5` */
  readonly output?: string
}

type StatsFilter = Pick<ExecutionFilter, "workflow" | "task" | "since" | "until"> & {
  readonly by?: "workflow" | "task"
  readonly every?: string
}

type LogSearch = Pick<ExecutionFilter, "workflow" | "task" | "since" | "until"> & {
  readonly grep?: string
  readonly level?: LogLine["level"]
}

/** What has been done: attempts, counts of them, lines of all runs, and how long it is kept. */
export const historyOf = (transport: Transport) => {
  const executions = "/api/v1/executions"
  const list = (options: ExecutionFilter & PageOptions = {}) =>
    transport.json<Page<Execution>>(pageCall(executions, options))
  const search = (options: LogSearch & PageOptions = {}) =>
    transport.json<Page<LogLine>>(pageCall("/api/v1/logs/search", options))
  const retention = "/api/v1/logs/retention"
  return {
    list,
    all: (options: ExecutionFilter & PageOptions = {}) => allOf(list, options),
    stats: (options: StatsFilter = {}) =>
      transport.json<{ readonly items: readonly ExecutionStats[] }>({
        path: `${executions}/stats`,
        query: options,
      }),
    search,
    searchAll: (options: LogSearch & PageOptions) => allOf(search, options),
    retention: () => transport.json<Retention>({ path: retention }),
    /** null for as long as the platform keeps it. */
    setRetention: (keep_days: number | null) =>
      transport.json<Retention>({ method: "PUT", path: retention, json: { keep_days } }),
  }
}
