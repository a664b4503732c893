import type { Run, SignalDelivered, TaskRun } from "./shapes.ts"
import type { Transport } from "./transport.ts"

type RerunRun = {
  readonly mode?: "all" | "failed" | "from"
  /** Goes with `from`. */
  readonly task?: string
  readonly inputs?: Readonly<Record<string, unknown>>
}

type RerunMany = {
  readonly status?: "completed" | "failed" | "cancelled"
  readonly workflow?: string
  readonly since?: string
  readonly until?: string
  readonly mode?: "all" | "failed"
  readonly limit?: number
}

type Answer = { readonly comment?: string }

/** What changes the course of runs. */
export const controlOf = (transport: Transport, path: (run_id: string) => string) => {
  const taskPath = (run_id: string, task: string) => `${path(run_id)}/tasks/${encodeURIComponent(task)}`
  return {
    /** What has not begun is cancelled at once, what runs is told to stop. */
    cancel: (run_id: string) => transport.json<Run>({ method: "POST", path: `${path(run_id)}/cancel` }),
    /** Nothing new begins until it is resumed. */
    pause: (run_id: string) => transport.json<Run>({ method: "POST", path: `${path(run_id)}/pause` }),
    resume: (run_id: string) => transport.json<Run>({ method: "POST", path: `${path(run_id)}/resume` }),
    /** Agrees to what a task asks for, or refuses it; saying the same again changes nothing. */
    approve: (run_id: string, task: string, answer: Answer = {}) =>
      transport.json<TaskRun>({ method: "POST", path: `${taskPath(run_id, task)}/approve`, json: answer }),
    reject: (run_id: string, task: string, answer: Answer = {}) =>
      transport.json<TaskRun>({ method: "POST", path: `${taskPath(run_id, task)}/reject`, json: answer }),
    /** What a task waits for, or will wait for; the same sent again changes nothing. */
    signal: (run_id: string, name: string, data?: unknown) =>
      transport.json<SignalDelivered>({
        method: "POST",
        path: `${path(run_id)}/signals/${encodeURIComponent(name)}`,
        json: data === undefined ? {} : { data },
      }),
    /** A new run of the same version: of everything, of what has not completed, or from a task on. */
    rerun: (run_id: string, rerun: RerunRun = {}) =>
      transport.json<Run>({ method: "POST", path: `${path(run_id)}/rerun`, json: rerun }),
    /** Of many that have ended, those that were not rerun yet. */
    rerunMany: (chosen: RerunMany) =>
      transport.json<{ started: string[]; more: boolean }>({
        method: "POST",
        path: "/api/v1/runs/rerun",
        json: chosen,
      }),
  }
}
