import type { CacheWanted } from "../cache/look-up.ts"
import type { Step } from "../step/step.ts"
import type { Waited } from "../wait/waits.ts"
import { type Changes, changeTask, runLock } from "./changes.ts"
import { saveChildren } from "./children.ts"
import type { Session } from "./database.ts"
import { demand } from "./demand.ts"
import { epoch_ms, insertTimer, type StoredTask, type Tables } from "./tables.ts"

/** What `wait/save.ts` writes. */
export const saveWaits = (changes: Changes, { decided: { waits } }: Pick<Step, "decided">): void => {
  const { tables } = changes
  for (const { task, waited, timers } of waits.begun) {
    const row = rowOf(changes, task.id)
    // What the same step has cancelled after it began to wait stays so.
    if (row.status === "cancelled" && task.status === "cancelled") continue
    demand(
      row.status === "pending" || row.status === "waiting",
      () => `${task.id} begins to wait and is ${row.status}`,
    )
    Object.assign(row, { status: "waiting", needs_left: 0, wait: waited })
    for (const timer of timers) {
      const due_ms = "at" in timer ? Date.parse(timer.at) - epoch_ms : changes.at_ms + timer.after_ms
      insertTimer(tables, { due_ms, kind: timer.kind, task_run_id: task.id, run_id: row.run_id })
    }
  }
  for (const { task, waited } of waits.changed) setWait(changes, task.id, waited)
  for (const ended of waits.ended) saveEnded(changes, ended)
  for (const { run_id, name, data } of waits.kept) {
    const key = signalKey(run_id, name)
    demand(changes.held.has(runLock(run_id)), () => `a signal of ${run_id} is kept by who doesn't hold it`)
    demand(!tables.signals.has(key), () => `the signal ${key} is kept already`)
    tables.signals.set(key, data)
  }
  for (const { task, hash } of waits.keyed) tables.cache_keys.set(task.id, `${task.workspace_id} ${hash}`)
  for (const { run_id, name } of waits.taken) tables.signals.delete(signalKey(run_id, name))
  moveTimers(changes, waits)
  saveChildren(changes, waits)
}

/** A run that this transaction itself writes is nobody else's to hold. */
const rowOf = (changes: Changes, id: string): StoredTask => {
  const row = changes.tables.tasks.get(id)
  const isNew = changes.tasks.has(id) && changes.tasks.get(id) === undefined
  return row && isNew ? row : changeTask(changes, id)
}

const moveTimers = ({ tables, at_ms }: Changes, { postponed, resumed }: Step["decided"]["waits"]): void => {
  for (const id of postponed) {
    const timer = tables.timers.get(id)
    if (timer) tables.timers.set(id, { ...timer, due_ms: Number.POSITIVE_INFINITY })
  }
  for (const [id, timer] of tables.timers) {
    const isBack = timer.due_ms === Number.POSITIVE_INFINITY && resumed.includes(timer.run_id ?? "")
    if (isBack) tables.timers.set(id, { ...timer, due_ms: at_ms })
  }
}

const setWait = (changes: Changes, id: string, waited: Waited): void => {
  const row = rowOf(changes, id)
  demand(row.status === "waiting", () => `${id} is decided about and is ${row.status}`)
  row.wait = waited
}

const saveEnded = (
  changes: Changes,
  { task, settlement, reused_from }: Step["decided"]["waits"]["ended"][number],
): void => {
  const row = rowOf(changes, task.id)
  const isNew = changes.tasks.get(task.id) === undefined
  const isOpen = row.status === "pending" || row.status === "waiting"
  demand(isOpen || isNew, () => `${task.id} ends its wait and is ${row.status}`)
  if (row.wait?.for === "sleep" && task.status === "completed") {
    const timer = [...changes.tables.timers.values()].find((one) => one.task_run_id === task.id)
    const isDue = timer !== undefined && timer.due_ms <= changes.now_ms
    demand(isDue, () => `${task.id} wakes too early`)
    const run = changes.tables.runs.get(task.run_id ?? "")
    demand(run?.status !== "paused", () => `${task.id} wakes in a run that is paused`)
  }
  Object.assign(row, { status: task.status, reason: task.reason, needs_left: 0 })
  row.outputs = settlement.outputs ?? null
  if (reused_from === undefined) return
  const before = changes.tables.tasks.get(reused_from)
  demand(before?.status === "completed", () => `${task.id} takes over what ${reused_from} never completed`)
  const nameOf = (name = "") => name.replace(/\[\d+\]$/, "")
  demand(
    nameOf(before?.task) === nameOf(task.task),
    () => `${task.task} takes over what ${before?.task} has written`,
  )
  row.reused_from = reused_from
}

const signalKey = (run_id: string, name: string): string => `${run_id} ${name}`

export const readSignals = (
  { signals }: Tables,
  wanted: readonly { readonly run_id: string; readonly name: string }[],
) =>
  wanted.flatMap(({ run_id, name }) => {
    const key = signalKey(run_id, name)
    return signals.has(key) ? [{ run_id, name, data: signals.get(key) }] : []
  })

/** What has completed under these keys and isn't too old, the latest of each. */
export const readCached = (
  { tables: { cache_keys, tasks }, begun_ms }: Pick<Session, "tables" | "begun_ms">,
  wanted: readonly CacheWanted[],
) =>
  wanted.flatMap(({ workspace_id, hash, ttl_ms }) => {
    const endOf = ({ completed_ms = Number.NEGATIVE_INFINITY }: StoredTask) => completed_ms
    const found = [...cache_keys]
      .filter(([, key]) => key === `${workspace_id} ${hash}`)
      .flatMap(([id]) => tasks.get(id) ?? [])
      .filter((task) => task.status === "completed" && endOf(task) > begun_ms - ttl_ms)
      .sort((one, other) => endOf(one) - endOf(other))
      .at(-1)
    return found ? [{ workspace_id, hash, id: found.id, outputs: found.outputs }] : []
  })
