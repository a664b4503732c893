import { create } from "@bufbuild/protobuf"
import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Kit } from "#kernel/service/kit.ts"
import { activeTraceparent } from "#kernel/telemetry/tracing.ts"
import { runId } from "#language/run-id.ts"
import { planSteps } from "#language/steps.ts"
import { type RunStart, RunStartSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { runStarter } from "../run/hand-over.ts"
import type { Starting } from "../run/starter.ts"
import { inputsText } from "../sequence/payloads.ts"
import { findRun, legacyStatus } from "../sequence/run.ts"
import { type DraftRow, type DraftTaskRow, inOrder, lockDraft, readTasks } from "./read.ts"
import type { StartedDraft } from "./shape.ts"

/** Once: from the first start on the draft stays as it is, and every further one answers with the same run. */
export const startDraft = ({ database, kit, scheduler }: Starting) => {
  const start = runStarter(scheduler)
  return async (actor: Actor, draft_id: string): Promise<StartedDraft> => {
    allow(actor, "run.start")
    const { workspace_id } = actor
    const { draft, tasks } = await freeze(database, workspace_id, draft_id)
    if (draft.run_id === null) {
      const { run_id } = await start(startOf(kit, draft, tasks))
      await database.run((sql) => noteRun(sql, draft.id, run_id))
      return startedOf(draft, run_id, "running")
    }
    const run = await findRun(scheduler, workspace_id, draft.run_id)
    if (!run)
      throw new Problem("run.not_found", { detail: "The run of this workflow is not there any more." })
    return startedOf(draft, run.id, run.status)
  }
}

const startedOf = ({ id }: DraftRow, run_id: string, status: string): StartedDraft => ({
  id: run_id,
  workflow_id: id,
  run_id,
  status: legacyStatus(status),
})

type Frozen = { readonly draft: DraftRow; readonly tasks: readonly DraftTaskRow[] }

const freeze = (database: Database, workspace_id: string, draft_id: string): Promise<Frozen> =>
  database.tx(async (sql) => {
    const draft = await lockDraft(sql, workspace_id, draft_id)
    if (draft.run_id !== null) return { draft, tasks: [] }
    if (draft.tasks === 0) {
      throw new Problem("workflow.invalid", {
        detail: "The workflow has no tasks: add one with `POST /api/tasks`.",
      })
    }
    await sql`
      update workflow.draft set started_at = now()
      where id = ${draft.id}::text::uuid and started_at is null`
    return { draft, tasks: await readTasks(sql, draft.id) }
  })

/** Of several starts at once, and of one whose answer was lost, the key lets the scheduler keep the first. */
const startOf = (kit: Kit, draft: DraftRow, tasks: readonly DraftTaskRow[]): RunStart => {
  const ordered = inOrder(tasks)
  const places = new Map(ordered.map(({ id }, idx) => [id, idx]))
  const plan = planSteps(ordered, (idx) =>
    (ordered[idx]?.depends_on ?? []).flatMap((id) => places.get(id) ?? []),
  )
  return create(RunStartSchema, {
    ...{ runId: runId(kit.id()), workspaceId: draft.workspace_id, workflow: draft.name, version: 0 },
    planJson: JSON.stringify(plan),
    inputsJson: inputsText(
      ordered.map(({ payload }) => JSON.stringify(payload)),
      ordered.map(({ name }) => name),
    ),
    ...{ trigger: "draft", traceparent: activeTraceparent() ?? "", idempotencyKey: `draft ${draft.id}` },
    ...{ bodyHash: draft.id, bare: true },
  })
}

const noteRun = (sql: Sql, draft_id: string, run_id: string) =>
  sql`
    update workflow.draft set run_id = ${run_id}::text::uuid
    where id = ${draft_id}::text::uuid and run_id is null`
