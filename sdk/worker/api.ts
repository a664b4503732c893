import type { components } from "../generated/types.ts"
import type { Transport } from "../transport.ts"

type Schemas = components["schemas"]

export type Attempt = Schemas["WorkAttempt"]
export type Held = Schemas["HeldAttempt"]
export type WorkResult = Schemas["WorkResult"]
export type LogChunk = Schemas["WorkLogChunk"]
export type OpenWorker = Schemas["OpenWorker"]

type Beat = { readonly worker_id: string; readonly held: readonly Held[]; readonly last_token: string }
type Report = {
  readonly worker_id: string
  readonly results: readonly WorkResult[]
  readonly max_tasks: number
}
type Claim = { readonly worker_id: string; readonly max_tasks: number; readonly wait: string }

/** What a worker asks of the platform; nothing of it is sent again by itself. */
export const workerApi = (transport: Transport) => {
  const root = "/api/v1/workers"
  const post = <Answer>(path: string, json: unknown, signal?: AbortSignal) =>
    transport.json<Answer>({ method: "POST", path, json, ...(signal && { signal }) })
  return {
    open: (wanted: OpenWorker, signal: AbortSignal) => post<Schemas["WorkerOpened"]>(root, wanted, signal),
    claim: (claim: Claim, signal: AbortSignal) =>
      post<Schemas["ClaimedWork"]>(`${root}/claim`, claim, signal),
    heartbeat: (beat: Beat & { readonly draining: boolean }) =>
      post<Schemas["WorkerHeartbeatAnswer"]>(`${root}/heartbeat`, beat),
    report: (report: Report) => post<Schemas["ReportedWork"]>(`${root}/report`, report),
    logs: (worker_id: string, chunks: readonly LogChunk[]) =>
      post<Schemas["WorkLogsStored"]>(`${root}/logs`, { worker_id, chunks }),
    leave: (worker_id: string) =>
      transport.json<undefined>({ method: "DELETE", path: `${root}/${encodeURIComponent(worker_id)}` }),
    secrets: ({ task_run_id, token }: Held) =>
      post<Schemas["GivenSecrets"]>("/api/v1/secrets/give", { task_run_id, token }),
  }
}

export type WorkerApi = ReturnType<typeof workerApi>
