import type { Metrics } from "#kernel/telemetry/metrics.ts"
import type { Ended } from "../step/step.ts"

/** What Prometheus is told of the work that ends: of jobs, and under names of their own of the tasks of runs. */
export type Measures = {
  created(jobs: Iterable<{ readonly type: string }>): void
  runEnded(status: string): void
  ended(ended: readonly Ended[], now_ms: number): void
  /** Of tasks that no worker runs: they were never queued, so they are counted alone. */
  waited(ended: readonly Ended[]): void
}

const failures: ReadonlySet<string> = new Set(["failed", "dead_letter"])

const kind = (metrics: Metrics, names: { readonly total: string; readonly latency: string }) => ({
  total: metrics.counter(`${names.total}_total`, "Created, by type."),
  success: metrics.counter(`${names.total}_success_total`, "Completed, by type."),
  failed: metrics.counter(`${names.total}_failed_total`, "Failed for good, by type."),
  latency: metrics.histogram(names.latency, "From being queued last to the end, by type."),
})

export const createMeasures = (metrics: Metrics): Measures => {
  const jobs = kind(metrics, { total: "jobs", latency: "job_latency_seconds" })
  const tasks = kind(metrics, { total: "tasks", latency: "tasks_latency_seconds" })
  const runs = metrics.counter("workflow_runs_total", "Runs that have ended, by status.")
  const labels = new Map<string, { readonly type: string }>()
  // The same object for the same type, so that its text is made once. Types are free text, so not for ever.
  const labelled = (type: string) => {
    const known = labels.get(type) ?? { type }
    if (labels.size >= 1_000) labels.clear()
    labels.set(type, known)
    return known
  }
  const outcome = (task: Ended["task"]): "success" | "failed" | undefined => {
    if (task.status === "completed") return "success"
    return failures.has(task.status) ? "failed" : undefined
  }
  return {
    created(created) {
      for (const { type } of created) jobs.total.add(labelled(type))
    },
    runEnded: (status) => runs.add({ status }),
    ended(ended, now_ms) {
      for (const { task } of ended) {
        const own = task.run_id === null ? jobs : tasks
        const label = labelled(task.type)
        const came = outcome(task)
        if (!came) continue
        own[came].add(label)
        if (task.run_id !== null) tasks.total.add(label)
        own.latency.observe(label, Math.max(now_ms - task.queued_ms, 0) / 1_000)
      }
    },
    waited(ended) {
      for (const { task } of ended) {
        const label = labelled(task.type)
        const came = outcome(task)
        if (!came) continue
        tasks[came].add(label)
        tasks.total.add(label)
      }
    },
  }
}
