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

/** One for each task run and attempt. Its version grows with its state, so that late events don't win. */
export const executions: Collection = {
  name: "execution",
  fields: [
    { name: "workspace_id", type: "text" },
    { name: "run_id", type: "text" },
    { name: "task_run_id", type: "text" },
    { name: "task", type: "text" },
    { name: "attempt", type: "number" },
    { name: "status", type: "text" },
    { name: "started_at", type: "text" },
    { name: "finished_at", type: "text" },
    { name: "log_chunks", type: "number" },
  ],
  indexes: [["run_id"], ["workspace_id"], ["workspace_id", "status"], ["workspace_id", "task"]],
}

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
  // The first finds a run's attempts by their first chunks, the second what follows a gap.
  indexes: [
    ["run_id", "chunk", "arrived"],
    ["task_run_id", "attempt", "chunk"],
  ],
}

export const collections = [runs, executions, logChunks] as const
