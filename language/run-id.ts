/** The last 20 bits of a run's id are zero, a job's are all set; a task run has its place in the plan there. */
export const place_digits = 5
const max_places = 16 ** place_digits - 2

const zeros = "0".repeat(place_digits)
const ones = "f".repeat(place_digits)

/** Made of a fresh UUIDv7. */
export const runId = (id: string): string => `${id.slice(0, -place_digits)}${zeros}`

/** Made of a fresh UUIDv7. */
export const jobId = (id: string): string => `${id.slice(0, -place_digits)}${ones}`

export const isRunId = (id: string): boolean => id.endsWith(zeros)

export const isJobId = (id: string): boolean => id.endsWith(ones)

export const taskRunId = (run_id: string, idx: number): string => {
  if (idx < 0 || idx >= max_places) throw new RangeError(`a run has at most ${max_places} task runs`)
  return `${run_id.slice(0, -place_digits)}${(idx + 1).toString(16).padStart(place_digits, "0")}`
}

export const runOf = (task_run_id: string): string => `${task_run_id.slice(0, -place_digits)}${zeros}`

/** The range in which all task runs of a run lie. */
export const lastTaskRunId = (run_id: string): string => `${run_id.slice(0, -place_digits)}${ones}`

/** The place in its run's plan that a task run's id tells. */
export const placeOf = (task_run_id: string): number =>
  Number.parseInt(task_run_id.slice(-place_digits), 16) - 1
