import type { Job } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type CreateJob = {
  readonly type: string
  readonly payload?: unknown
  readonly queue?: string
  readonly priority?: number
  readonly max_retries?: number
  readonly run_at?: string
  readonly timeout?: string
  /** With one, asking again answers the job that there is. */
  readonly idempotency_key?: string
}

export const jobsOf = (transport: Transport) => ({
  create: ({ idempotency_key, ...json }: CreateJob) => {
    const headers = idempotency_key === undefined ? {} : { "idempotency-key": idempotency_key }
    return transport.json<Job>({ method: "POST", path: "/api/v1/jobs", json, headers })
  },
  get: (id: string) => transport.json<Job>({ path: `/api/v1/jobs/${encodeURIComponent(id)}` }),
})
