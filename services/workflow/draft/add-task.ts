import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { limits } from "#language/limits.ts"
import { usualRetries } from "#language/plan.ts"
import { slotOf } from "#language/slots.ts"
import { max_payloads_chars, payloadText, tooLarge } from "../sequence/payloads.ts"
import type { Drafting } from "./create.ts"
import { lockDraft, refuseStarted } from "./read.ts"
import type { AddTask, DraftTask } from "./shape.ts"

export const addTask =
  ({ database, kit }: Drafting) =>
  async (actor: Actor, wanted: AddTask): Promise<DraftTask> => {
    allow(actor, "run.start")
    if (slotOf(wanted.type) === "process") allow(actor, "job.command")
    const { workflow_id, name, type, payload = null } = wanted
    const text = payloadText(payload, "payload")
    const task = { id: kit.id(), workflow_id, name, type, max_retries: usualRetries(wanted.max_retries) }
    const created_at = await database.tx(async (sql) => {
      const draft = await lockDraft(sql, actor.workspace_id, workflow_id)
      refuseStarted(draft)
      if (draft.tasks >= limits.max_tasks) {
        throw new Problem("request.invalid", { detail: `A workflow has at most ${limits.max_tasks} tasks.` })
      }
      if (draft.payload_chars + text.length > max_payloads_chars) throw tooLarge()
      return insertTask(sql, task, text)
    })
    const unbegun = { status: "pending", attempt: 0, error: null, started_at: null, completed_at: null }
    return { ...task, payload, depends_on: [], created_at: created_at.toISOString(), ...unbegun }
  }

type NewTask = Pick<DraftTask, "id" | "workflow_id" | "name" | "type" | "max_retries">

const insertTask = async (sql: Sql, task: NewTask, payload: string): Promise<Date> => {
  const { id, workflow_id, name, type, max_retries } = task
  const [row] = await sql<{ created_at: Date }>`
    with counted as (
      update workflow.draft
      set tasks = tasks + 1, payload_chars = payload_chars + ${payload.length}::int
      where id = ${workflow_id}::text::uuid
    )
    insert into workflow.draft_task (id, draft_id, name, type, payload, max_retries)
    values (${id}::text::uuid, ${workflow_id}::text::uuid, ${name}, ${type}, ${payload}::text::json,
      ${max_retries}::int)
    returning created_at`
  if (!row) throw new Error("an insert returned no row")
  return row.created_at
}
