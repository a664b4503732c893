import type { TaskLimits } from "#language/task-limits.ts"

/** What one attempt may use. */
export type ProcessLimits = {
  readonly max_memory_bytes: number
  readonly max_processes: number
  readonly max_open_files: number
  readonly max_output_bytes: number
}

/** A task may ask for less than its worker allows, never for more. */
export const limitsOf = (task: TaskLimits | undefined, worker: ProcessLimits): ProcessLimits => ({
  max_memory_bytes: Math.min(task?.max_memory_bytes ?? worker.max_memory_bytes, worker.max_memory_bytes),
  max_processes: Math.min(task?.max_processes ?? worker.max_processes, worker.max_processes),
  max_open_files: Math.min(task?.max_open_files ?? worker.max_open_files, worker.max_open_files),
  max_output_bytes: Math.min(task?.max_output_bytes ?? worker.max_output_bytes, worker.max_output_bytes),
})
