import { create } from "@bufbuild/protobuf"
import { AppendLogsResponseSchema, type LogChunk } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import type { Engine } from "../engine.ts"
import { type Ask, jobsDoor } from "../job/given.ts"
import type { LogStore } from "./logs.ts"
import type { WorkAttempt } from "./shape.ts"

export type OpenOptions = Ask & {
  readonly functions?: readonly string[]
  readonly job_types?: readonly string[]
  readonly queues?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
}

type Result = Readonly<Record<string, unknown>>

/** The door of remote workers, and a store of logs that remembers what it was sent. */
export const remoteDoor = (
  engine: Engine,
  closing = new AbortController().signal,
  known?: ReadonlySet<string>,
) => {
  const stored: LogChunk[] = []
  const logs: LogStore = {
    appendLogs: async ({ chunks = [] }) => {
      stored.push(...(chunks as LogChunk[]))
      return create(AppendLogsResponseSchema)
    },
  }
  const door = jobsDoor(engine, { logs, closing, ...(known && { known }) })
  const post = <Body = Record<string, unknown>>(path: string, body: unknown, more: Ask = {}) =>
    door.ask<Body>("POST", `/workers${path}`, { role: "developer", ...more, body })
  return {
    ...door,
    stored,
    post,
    open: async ({ functions, job_types, queues, labels, ...more }: OpenOptions = {}): Promise<string> => {
      const wanted = { name: "own", functions, job_types, queues, labels }
      const { status, body } = await post<{ worker_id: string }>("", wanted, more)
      if (status !== 201) throw new Error(`the worker was not opened: ${JSON.stringify(body)}`)
      return body.worker_id
    },
    claim: async (worker_id: string, more: Ask = {}): Promise<readonly WorkAttempt[]> => {
      const wanted = { worker_id, max_tasks: 10, wait: "0s" }
      const { status, body } = await post<{ items: WorkAttempt[] }>("/claim", wanted, more)
      if (status !== 200) throw new Error(`nothing was claimed: ${JSON.stringify(body)}`)
      return body.items
    },
    report: (worker_id: string, results: readonly Result[], more: Ask & { max_tasks?: number } = {}) => {
      const { max_tasks = 0, ...rest } = more
      return post<{ items: { verdict: string }[]; attempts: WorkAttempt[]; code?: string }>(
        "/report",
        { worker_id, results, max_tasks },
        rest,
      )
    },
  }
}

export type RemoteDoor = ReturnType<typeof remoteDoor>

export const held = ({ task_run_id, token }: WorkAttempt) => ({ task_run_id, token })
