import { rankOf } from "../lane/rank.ts"
import type { Holder, TaskRow } from "../step/rows.ts"
import type { Ended, Step } from "../step/step.ts"
import { deadLetterId } from "../task/tell-ended.ts"
import { type Changes, changeRun, changeTask, tellFacts } from "./changes.ts"
import { demand } from "./demand.ts"
import { insertItems, isCreated, saveFolded, saveUnfolded } from "./items.ts"
import { draw, epoch_ms, insertTimer, type StoredTask, since1970 } from "./tables.ts"
import { saveWaits } from "./waits.ts"

/** What `step/save.ts` writes, in its order and under its guards; a guard that holds something back is a fault. */
export const saveStep = (changes: Changes, step: Step): void => {
  const { decided, holder } = step
  changes.steps.push(step)
  const statuses = new Map(decided.ended.map(({ task }) => [task, task.status]))
  insertItems(changes, decided)
  for (const task of decided.unfolded) saveUnfolded(changes, task)
  for (const ended of decided.ended) saveEnded(changes, ended, statuses.get(ended.task) ?? ended.task.status)
  for (const task of decided.counted) saveCounted(changes, task)
  for (const task of [...decided.unbegun, ...decided.expired.map((one) => one.task)])
    saveUnbegun(changes, task)
  for (const ended of decided.folded) saveFolded(changes, ended)
  for (const { task } of decided.expired) dropReady(changes, task)
  for (const run of decided.stopped) dropBlocked(changes, run.id)
  for (const task of decided.stopping) saveStopping(changes, task)
  for (const task of byId(decided.released)) {
    if (!isCreated(decided.created, task)) saveReleased(changes, task)
  }
  for (const task of byId(decided.blocked)) saveBlocked(changes, task)
  if (holder) for (const task of decided.handed) saveHanded(changes, task, holder)
  if (holder && decided.claimed.length > 0) insertClaim(changes, decided.claimed, holder)
  closeClaims(changes, decided.ended)
  for (const ended of decided.ended) insertRetry(changes, ended)
  insertExpiries(changes, decided.expiring)
  for (const ended of [...decided.ended, ...decided.expired]) insertDeadLetter(changes, ended)
  saveWaits(changes, step)
  saveRuns(changes, step)
  tellFacts(changes, decided.events)
  changes.emissions.push(...decided.emissions)
  changes.completed_jobs.push(...decided.completed_jobs)
}

const byId = (tasks: readonly TaskRow[]): readonly TaskRow[] =>
  tasks.toSorted((one, other) => (one.id < other.id ? -1 : 1))

const saveEnded = (changes: Changes, ended: Ended, status: TaskRow["status"]): void => {
  const { task, token, settlement } = ended
  const row = changeTask(changes, task.id)
  const isHeld = row.token === token && row.status === "running"
  demand(isHeld, () => `the end of ${task.id} under ${token} finds it ${row.status} under ${row.token}`)
  row.status = status
  row.outputs = settlement.outputs ?? null
  if (status === "completed") row.completed_ms = changes.at_ms
  else Object.assign(row, { lost: task.lost, returned: task.returned, reason: ended.error?.code ?? null })
  changes.ended.push(ended)
}

const saveCounted = (changes: Changes, task: TaskRow): void => {
  const row = changeTask(changes, task.id)
  demand(
    row.status === "pending" || row.status === "waiting",
    () => `${task.id} was counted and is ${row.status}`,
  )
  Object.assign(row, { needs_left: task.needs_left, needs_bad: task.needs_bad })
}

const saveUnbegun = (changes: Changes, task: TaskRow): void => {
  const row = changeTask(changes, task.id)
  demand(row.status !== "running", () => `${task.id} ends unbegun and is running`)
  Object.assign(row, { status: task.status, reason: task.reason })
}

/** Its place in a lane, unless that is from another time. */
export const dropReady = ({ tables }: Pick<Changes, "tables">, { id }: Pick<TaskRow, "id">): void => {
  const task = tables.tasks.get(id)
  for (const [seq, row] of tables.ready) {
    if (
      task &&
      row.task_run_id === id &&
      row.rank === rankOf(Math.floor(task.queued_ms - epoch_ms), task.priority)
    )
      tables.ready.delete(seq)
  }
}

const dropBlocked = ({ tables, moved }: Changes, run_id: string): void => {
  for (const [id, row] of tables.blocked) {
    if (row.run_id !== run_id) continue
    tables.blocked.delete(id)
    moved.add(id)
  }
}

const saveStopping = (changes: Changes, task: TaskRow): void => {
  const row = changeTask(changes, task.id)
  demand(row.status === "running", () => `${task.id} is asked to stop and is ${row.status}`)
  row.cancel = true
}

const may_be_queued: ReadonlySet<string> = new Set(["pending", "retrying", "queued"])

const queued = (changes: Changes, task: TaskRow): StoredTask | undefined => {
  const row = changeTask(changes, task.id)
  // What the same step has cancelled after it released it stays so.
  if (!may_be_queued.has(row.status) && task.status === row.status) return undefined
  demand(may_be_queued.has(row.status), () => `${task.id} is released and is ${row.status}`)
  Object.assign(row, { status: "queued", needs_left: 0, queued_ms: since1970(changes.at_ms) })
  return row
}

export const insertReady = ({ tables }: Pick<Changes, "tables">, row: StoredTask, from_ms: number): void => {
  const { id: task_run_id, run_id, workspace_id, queue, slot } = row
  const seq = draw(tables)
  const rank = rankOf(Math.floor(from_ms), row.priority)
  tables.ready.set(seq, { seq, task_run_id, run_id, workspace_id, queue, slot, rank })
}

const saveReleased = (changes: Changes, task: TaskRow): void => {
  const row = queued(changes, task)
  if (row) insertReady(changes, row, changes.at_ms)
}

const saveBlocked = (changes: Changes, task: TaskRow): void => {
  const row = queued(changes, task)
  if (row) block(changes, row)
}

export const block = ({ tables }: Changes, { id, run_id }: Pick<StoredTask, "id" | "run_id">): void => {
  if (!tables.blocked.has(id)) tables.blocked.set(id, { seq: draw(tables), run_id })
}

/** It was drawn before anything of its step is written. */
export const tokenOf = ({ token }: Holder): string => {
  if (token === null) throw new Error("a claim has no token")
  return token
}

const saveHanded = (changes: Changes, task: TaskRow, holder: Holder): void => {
  const row = changeTask(changes, task.id)
  const isFree = row.status === "pending" || row.status === "queued"
  demand(isFree, () => `${task.id} is handed over and is ${row.status}`)
  Object.assign(row, {
    status: "running",
    needs_left: 0,
    attempt: row.attempt + 1,
    token: tokenOf(holder),
    queued_ms: since1970(changes.at_ms),
    reason: null,
  })
}

const insertClaim = (changes: Changes, claimed: readonly TaskRow[], holder: Holder): void => {
  const { session_id } = holder
  const token = tokenOf(holder)
  const { claims } = changes.tables
  demand(!claims.has(token), () => `there is a claim ${token} already`)
  const ids = claimed.map(({ id }) => id)
  claims.set(token, { token, session_id, ids, open: ids.length, claimed_ms: changes.at_ms })
  changes.claims.add(token)
}

const closeClaims = (changes: Changes, ended: readonly Ended[]): void => {
  const { claims } = changes.tables
  for (const { token } of ended) {
    const claim = claims.get(token)
    changes.claims.add(token)
    if (!claim) continue
    claim.open -= 1
    if (claim.open > 0) continue
    claims.delete(token)
    for (const id of claim.ids) changes.moved.add(id)
  }
}

const insertRetry = ({ tables, at_ms }: Changes, { task, delay_ms }: Ended): void => {
  if (delay_ms === null) return
  const { id: task_run_id, run_id } = task
  insertTimer(tables, { due_ms: at_ms + delay_ms, kind: "retry", task_run_id, run_id })
}

export const insertExpiries = ({ tables, at_ms }: Changes, expiring: readonly TaskRow[]): void => {
  for (const { id: task_run_id, run_id, status, settings } of expiring) {
    const limit_ms = settings?.queue_timeout_ms ?? null
    if (status !== "queued" || limit_ms === null) continue
    insertTimer(tables, { due_ms: at_ms + limit_ms, kind: "expire", task_run_id, run_id })
  }
}

const insertDeadLetter = ({ tables }: Changes, { task, token }: Ended): void => {
  if (task.status !== "dead_letter") return
  const id = deadLetterId(task.id, token)
  demand(!tables.dead_letters.has(id), () => `there is a dead letter ${id} already`)
  tables.dead_letters.set(id, { id, job_id: task.id, workspace_id: task.workspace_id, resolved: false })
}

const saveRuns = (changes: Changes, { runs, decided }: Step): void => {
  for (const { id, status, reason, open, bad, seq, revision } of runs.values()) {
    Object.assign(changeRun(changes, id), { status, reason, open, bad, seq, revision })
  }
  for (const { run, outputs } of decided.waits.answered) changeRun(changes, run.id).outputs = outputs
}
