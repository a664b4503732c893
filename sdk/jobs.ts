import { allOf, pageCall } from "./pages.ts"
import type { BatchItem, CreateJob, Job, Page, PageOptions } from "./shapes.ts"
import type { Transport } from "./transport.ts"

export type ListJobs = PageOptions & {
  readonly status?: string
  readonly type?: string
  readonly queue?: string
}

/** Sent with a key, so that it may be sent again when its answer was lost. */
const keyed = (idempotency_key: string | null | undefined) => ({
  "idempotency-key": idempotency_key ?? crypto.randomUUID(),
})

export const jobsOf = (transport: Transport) => {
  const root = "/api/v1/jobs"
  const path = (job_id: string) => `${root}/${encodeURIComponent(job_id)}`
  const list = (options: ListJobs = {}) => transport.json<Page<Job>>(pageCall(root, options))
  return {
    /** The job; the first one, when its key was used before. */
    create: ({ idempotency_key, ...job }: CreateJob) =>
      transport.json<Job>({ method: "POST", path: root, json: job, headers: keyed(idempotency_key) }),
    /** At most 1,000: an answer for each, in their order. */
    createMany: (jobs: readonly CreateJob[], idempotency_key?: string) =>
      transport.json<{ readonly items: readonly BatchItem[] }>({
        method: "POST",
        path: `${root}/batch`,
        json: { jobs },
        headers: keyed(idempotency_key),
      }),
    get: (job_id: string) => transport.json<Job>({ path: path(job_id) }),
    list,
    all: (options: ListJobs = {}) => allOf(list, options),
    /** What has not begun is cancelled at once, what runs is told to stop. */
    cancel: (job_id: string) => transport.json<Job>({ method: "POST", path: `${path(job_id)}/cancel` }),
  }
}
