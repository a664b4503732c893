import type { Target } from "./platform.ts"

/** What isn't there yet, or refuses: the workload is then named with this reason instead of a number. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = "Refused"
    this.status = status
  }
}

export type Queue = {
  readonly name: string
  readonly pending: number
  readonly queued: number
  readonly running: number
  readonly retrying: number
  readonly dead_letters: number
}

export type Job = {
  readonly id: string
  readonly status: string
  readonly created_at: string
  readonly started_at: string | null
  readonly completed_at: string | null
}

export type Run = {
  readonly id: string
  readonly status: string
  readonly started_at: string
  readonly finished_at: string
}

const batch_size = 1_000
const max_batches_at_once = 4

/** Calls around a measurement; those that are measured go through `load/`. */
export const createApi = ({ url, token }: Target) => {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" }

  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }
    const response = await fetch(`${url}/api/v1/${path}`, init)
    const text = await response.text()
    if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as Answer
    throw new Refused(
      response.status,
      `${method} /api/v1/${path} answered ${response.status}: ${text.slice(0, 200)}`,
    )
  }

  /** So many jobs, a thousand a request. */
  const fill = async (name: string, count: number): Promise<void> => {
    let left = count
    const client = async () => {
      while (left > 0) {
        const size = Math.min(batch_size, left)
        left -= size
        const jobs = Array.from({ length: size }, () => ({ type: "noop", payload: {}, queue: name }))
        await call("POST", "jobs/batch", { jobs })
      }
    }
    await Promise.all(Array.from({ length: max_batches_at_once }, client))
  }

  return {
    call,
    queue: (name: string) => call<Queue>("GET", `queues/${name}`),
    fill,
    pause: (name: string) => call("POST", `queues/${name}/pause`),
    resume: (name: string) => call("POST", `queues/${name}/resume`),
    push: (source: string) => call<{ version: number }>("POST", "workflows", { source }),
  }
}

export type Api = ReturnType<typeof createApi>
