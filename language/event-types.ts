/** The events of the platform by which runs can begin: all that are told with the workspace that they are of. */
export const event_types = [
  "workflow.started",
  "workflow.completed",
  "run.paused",
  "run.resumed",
  "task.started",
  "task.completed",
  "task.failed",
  "task.retrying",
  "task.waiting",
  "task.reminded",
  "task.skipped",
  "task.cancelled",
  "job.completed",
  "job.dead_lettered",
  "artifact.stored",
] as const
