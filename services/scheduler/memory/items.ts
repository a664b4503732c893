import { runOf, taskRunId } from "#language/run-id.ts"
import type { Rows, TaskRow } from "../step/rows.ts"
import type { Created, Decided, Ended } from "../step/step.ts"
import { type Changes, changeTask, runLock } from "./changes.ts"
import type { Session } from "./database.ts"
import { demand } from "./demand.ts"
import { insertReady } from "./save.ts"
import { type StoredTask, since1970, tasksOf } from "./tables.ts"

const bytes = new TextEncoder()

/** What `item/read.ts` reads. */
export const itemRowsIn = (session: Session): Pick<Rows, "outputs" | "outputsAt" | "earlierItems"> => {
  const { tables, fresh } = session
  const taskAt = (id: string) => fresh.get(id) ?? tables.tasks.get(id)
  return {
    outputs: (ids) =>
      ids.length === 0 ? Promise.resolve([]) : session.statement(() => ids.flatMap((id) => taskAt(id) ?? [])),
    outputsAt: ({ run_id, first, count }, max_bytes) =>
      session.statement(() => {
        demand(session.held.has(runLock(run_id)), () => `${run_id} is read by who doesn't hold it`)
        const ids = Array.from({ length: count }, (_, index) => taskRunId(run_id, first + index))
        const found = ids.flatMap((id) => taskAt(id) ?? [])
        const sizes = found.map(({ outputs }) => (outputs ? bytes.encode(JSON.stringify(outputs)).length : 0))
        return sizes.reduce((sum, size) => sum + size, 0) > max_bytes
          ? undefined
          : found.map((task) => ({ ...task }))
      }),
    earlierItems: ({ id, task }) =>
      session.statement(() => {
        const earlier = taskAt(id)?.reused_from
        const all = earlier ? tasksOf(tables, runOf(earlier)) : []
        const isWanted = (one: StoredTask) => one.status === "completed" && one.task.startsWith(`${task}[`)
        return all.filter(isWanted).map((one) => ({ ...one, item: one.item ?? 0 }))
      }),
  }
}

const byId = ({ task: one }: Created, { task: other }: Created): number => (one.id < other.id ? -1 : 1)

/** What `item/save.ts` writes. */
export const insertItems = (changes: Changes, { created, released }: Decided): void => {
  const { tables, at_ms } = changes
  for (const { task, earlier } of created.toSorted(byId)) {
    demand(!tables.tasks.has(task.id), () => `there is a task run ${task.id} already`)
    const row: StoredTask = {
      ...task,
      status: "pending",
      payload: task.payload,
      outputs: null,
      attempt: 0,
      token: null,
      reused_from: null,
      queued_ms: 0,
      wait: null,
    }
    if (earlier)
      Object.assign(row, { status: "completed", outputs: earlier.outputs, reused_from: earlier.id })
    tables.tasks.set(row.id, row)
    changes.tasks.set(row.id, undefined)
    const run_id = row.run_id ?? ""
    tables.tasks_of.set(run_id, [...(tables.tasks_of.get(run_id) ?? []), row.id])
    if (task.status !== "queued" || !released.includes(task)) continue
    Object.assign(row, { status: "queued", queued_ms: since1970(at_ms) })
    insertReady(changes, row, at_ms)
  }
}

export const isCreated = (created: readonly Created[], task: TaskRow): boolean =>
  created.some((one) => one.task === task)

export const saveUnfolded = (changes: Changes, task: TaskRow): void => {
  const row = changeTask(changes, task.id)
  demand(row.status === "pending", () => `${task.id} begins its items and is ${row.status}`)
  const { needs_left, needs_bad, payload } = task
  const queued_ms = since1970(changes.at_ms)
  Object.assign(row, { status: "waiting", needs_left, needs_bad, payload, queued_ms })
}

export const saveFolded = (changes: Changes, { task, settlement }: Ended): void => {
  const row = changeTask(changes, task.id)
  demand(
    row.status === "pending" || row.status === "waiting",
    () => `${task.id} ends with its items and is ${row.status}`,
  )
  const { status, reason, needs_left, needs_bad } = task
  Object.assign(row, { status, reason, needs_left, needs_bad, outputs: settlement.outputs ?? null })
}
