import type { Collection } from "#kernel/documents/documents.ts"

/** The runs there are, whose they are and whether they have ended: as far as their events have come here. */
export const runs: Collection = {
  name: "run",
  fields: [
    { name: "workspace_id", type: "text" },
    { name: "status", type: "text" },
  ],
  indexes: [],
}

const executionFields: Collection["fields"] = [
  { name: "workspace_id", type: "text" },
  { name: "at", type: "number" },
  { name: "workflow", type: "text" },
  { name: "task", type: "text" },
  { name: "type", type: "text" },
  { name: "worker_id", type: "text" },
  { name: "status", type: "text" },
  { name: "pace", type: "number" },
  { name: "log_chunks", type: "number" },
]

/**
 * One for each attempt that has ended: written once. By their ids those of a run lie together; all else is found by
 * time, and when by their marks. More indexes would be paid for by every task.
 */
export const executions: Collection = {
  name: "execution",
  fields: executionFields,
  indexes: [["workspace_id", "at"]],
}

/** One for each attempt that goes on. */
export const openExecutions: Collection = {
  name: "execution_open",
  fields: executionFields,
  indexes: [["workspace_id", "at"]],
}

/** When something ended that can be found by a term. All is in their ids. */
export const executionMarks: Collection = { name: "execution_mark", fields: [], indexes: [] }

export const logChunks: Collection = {
  name: "log_chunk",
  fields: [
    { name: "workspace_id", type: "text" },
    { name: "run_id", type: "text" },
    { name: "task_run_id", type: "text" },
    { name: "task", type: "text" },
    { name: "attempt", type: "number" },
    { name: "chunk", type: "number" },
    { name: "arrived", type: "number" },
  ],
  // The first finds a run's attempts by their first chunks, the second an attempt's end and what follows a gap, the
  // third what came to a workspace in some time.
  indexes: [
    ["run_id", "chunk", "arrived"],
    ["task_run_id", "attempt", "chunk"],
    ["workspace_id", "arrived"],
  ],
}

/** What workspaces have set: one each, by its id. */
export const keepings: Collection = { name: "keeping", fields: [], indexes: [] }

export const collections = [runs, executions, logChunks, openExecutions, executionMarks, keepings] as const
