import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Starting } from "../run/starter.ts"
import { findRun, legacyStatus, progressOf, type SteppedRun } from "../sequence/run.ts"
import type { Progress } from "../sequence/shape.ts"
import { type DraftRow, type DraftTaskRow, findDraft, inOrder, noDraft, readTasks } from "./read.ts"
import type { Draft } from "./shape.ts"

/** A draft with its tasks, and how far its run has come. */
export const showDraft =
  ({ database, scheduler }: Starting) =>
  async (actor: Actor, draft_id: string): Promise<Draft> => {
    allow(actor, "run.read")
    const { draft, tasks } = await database.run(async (sql) => {
      const found = await findDraft(sql, actor.workspace_id, draft_id)
      if (!found) throw noDraft(draft_id)
      return { draft: found, tasks: await readTasks(sql, found.id) }
    })
    if (draft.run_id === null) return shown(draft, tasks, undefined)
    return shown(draft, tasks, await findRun(scheduler, actor.workspace_id, draft.run_id))
  }

const unbegun: Progress = { status: "pending", attempt: 0, error: null, started_at: null, completed_at: null }

const statusOf = (draft: DraftRow, run: SteppedRun | undefined): Draft["status"] => {
  if (run) return legacyStatus(run.status)
  return draft.started_at === null ? "draft" : "pending"
}

const shown = (draft: DraftRow, tasks: readonly DraftTaskRow[], run: SteppedRun | undefined): Draft => {
  const { id, name, run_id } = draft
  const places = new Map(run && inOrder(tasks).map((task, idx) => [task.id, run.tasks[idx]]))
  return {
    ...{ id, name, status: statusOf(draft, run), run_id },
    created_at: draft.created_at.toISOString(),
    started_at: draft.started_at?.toISOString() ?? null,
    completed_at: run?.finished_at ?? null,
    tasks: tasks.map(({ depends_on, created_at, ...task }) => {
      const its = places.get(task.id)
      const progress = its ? progressOf(its) : unbegun
      const own = { workflow_id: id, depends_on: [...depends_on], created_at: created_at.toISOString() }
      return { ...task, ...own, ...progress }
    }),
  }
}
