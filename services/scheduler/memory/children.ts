import type { Step } from "../step/step.ts"
import type { Changes } from "./changes.ts"
import { insertTimer, isTerminal, type Tables } from "./tables.ts"

type Waits = Step["decided"]["waits"]

/** What `child/save.ts` writes. */
export const saveChildren = (
  { tables, at_ms }: Changes,
  { told, orphaned, lingering }: Pick<Waits, "told" | "orphaned" | "lingering">,
) => {
  for (const run_id of told) {
    const link = tables.children.get(run_id)
    const parent = tables.runs.get(link?.parent_run_id ?? "")
    if (!link || !parent || isTerminal(parent)) continue
    insertTimer(tables, { due_ms: at_ms, kind: "child", task_run_id: link.task_run_id, run_id: parent.id })
  }
  for (const run_id of lingering) {
    insertTimer(tables, { due_ms: at_ms + 3_600_000, kind: "linger", task_run_id: null, run_id })
  }
  for (const run_id of orphaned) {
    const run = tables.runs.get(run_id)
    if (run && !isTerminal(run))
      insertTimer(tables, { due_ms: at_ms, kind: "stop", task_run_id: null, run_id })
  }
}

/** What `child/read.ts` reads of one. */
export const wholeOf = ({ children, runs }: Tables, id: string) => {
  let whole_run_id = children.get(id)?.parent_run_id
  if (whole_run_id === undefined) return []
  for (let above = children.get(whole_run_id); above; above = children.get(whole_run_id)) {
    whole_run_id = above.parent_run_id
  }
  return [{ id, whole_run_id, of_rerun: runs.get(whole_run_id)?.trigger === "rerun" }]
}
