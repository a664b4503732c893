import type { Changes } from "#services/scheduler/memory/changes.ts"
import { demand } from "#services/scheduler/memory/demand.ts"
import {
  isTerminal,
  queueKey,
  runningUnder,
  type StoredTask,
  type Tables,
  tasksOf,
} from "#services/scheduler/memory/tables.ts"
import { isSpared } from "./last.ts"
import type { Past } from "./past.ts"

/** What was set for a queue is known everywhere by then, but where a process stood still. */
const settled_ms = 2_500

type Changed = { readonly id: string; readonly before: StoredTask | undefined; readonly past: Past }

/** Terminal never changes, and an attempt begins only when it may. */
export const checkStart = (changes: Changes, { id, before, past }: Changed): void => {
  const { tables } = changes
  const task = tables.tasks.get(id)
  if (!task || !before) return
  if (isTerminal(before)) {
    const isReplayed = before.status === "dead_letter" && changes.replayed.has(id)
    demand(
      task.status === before.status || isReplayed,
      () => `${id} was ${before.status} and is ${task.status}`,
    )
  }
  if (task.status === "waiting" && before.status !== "waiting" && task.wait !== null)
    checkMayBegin(tables, task)
  if (task.status !== "running" || (before.status === "running" && before.token === task.token)) return
  const token = task.token ?? ""
  demand(
    task.attempt === before.attempt + 1,
    () => `attempt ${task.attempt} of ${id} follows ${before.attempt}`,
  )
  demand(!past.tokens.has(token), () => `${id} begins under ${token} again`)
  past.tokens.add(token)
  demand(!past.completed, () => `${id} has completed and runs again`)
  demand(changes.now_ms >= past.rests_until_ms, () => `${id} begins before its rest is over`)
  checkMayBegin(tables, task)
  checkQueue(changes, task)
  checkTaker(tables, task)
}

/** A workspace's own workers get nothing of any other, and nobody what they were not made for. */
const checkTaker = ({ claims, sessions }: Tables, task: StoredTask): void => {
  const session = sessions.get(claims.get(task.token ?? "")?.session_id ?? "")
  if (!session) return
  const { workspace_id, takes, labels } = session
  const isTheirs = workspace_id === null || workspace_id === task.workspace_id
  demand(isTheirs, () => `${task.id} is given to a worker of another workspace`)
  const isRemote = task.slot.startsWith("remote")
  demand(isRemote === (workspace_id !== null), () => `${task.id} is given to a worker of the wrong kind`)
  const isWrittenFor = !isRemote || takes.some((name) => task.slot.split(" ").includes(name))
  demand(isWrittenFor, () => `${task.id} is given to a worker that doesn't know ${task.slot}`)
  const isLabelled = !task.slot.includes("{") || task.slot.includes(`{zone=${labels.zone}}`)
  demand(isLabelled, () => `${task.id} is given to a worker without its labels`)
}

const checkMayBegin = ({ runs, plans }: Tables, { id, run_id, idx }: StoredTask): void => {
  const run = runs.get(run_id ?? "")
  const isLast = run !== undefined && isSpared(run, plans.get(run.plan_id)?.tasks[idx])
  const mayBegin = !run || (run.status === "running" && (run.reason === null || isLast))
  demand(mayBegin, () => `${id} begins and its run is ${run?.status}, ${run?.reason}`)
}

const checkQueue = ({ tables, now_ms, life }: Changes, task: StoredTask): void => {
  const key = queueKey(task.workspace_id, task.queue)
  const setting = tables.queues.get(key)
  if (!setting || now_ms - Math.max(setting.changed_ms, life.stopped_until_ms) < settled_ms) return
  demand(!setting.paused, () => `${task.id} begins and its queue is paused`)
  if (setting.concurrency === null) return
  let running = 0
  for (const one of tables.tasks.values()) {
    if (one.status === "running" && queueKey(one.workspace_id, one.queue) === key) running += 1
  }
  const { concurrency } = setting
  demand(running <= concurrency, () => `${running} run in a queue of ${concurrency}`)
}

/** No state without a timer or an owner. */
export const checkOwner = (tables: Tables, id: string): void => {
  const task = tables.tasks.get(id)
  if (task) demand(isOwned(tables, task), () => `${id} is ${task.status}, and nothing moves it on`)
}

const isOwned = (tables: Tables, task: StoredTask): boolean => {
  switch (task.status) {
    case "pending":
      if (task.run_id === null) return hasTimer(tables, task.id, "start")
      // What is the engine's own begins when somebody resumes the run.
      if (task.needs_left === 0) return tables.runs.get(task.run_id)?.status === "paused"
      return task.item === null || isWaiting(tables, task)
    case "waiting":
      if (isReady(tables, task.id)) return false
      return isAwaited(tables, task) || (task.item === null && task.needs_left > 0)
    case "queued":
      return isReady(tables, task.id) || isBlocked(tables, task)
    case "retrying":
      return hasTimer(tables, task.id, "retry")
    case "running": {
      const claim = tables.claims.get(task.token ?? "")
      return claim?.ids.includes(task.id) === true
    }
    default:
      return isTerminal(task)
  }
}

/** Held back by its task, which lets it go on when another item has ended. */
const isWaiting = (tables: Tables, { run_id, idx }: StoredTask): boolean =>
  tasksOf(tables, run_id ?? "").some(
    (one) => one.idx === idx && one.item === null && one.status === "waiting",
  )

/** Time ends a sleep; whatever else is waited for, somebody is asked. */
const isAwaited = (tables: Tables, { id, wait }: StoredTask): boolean =>
  wait !== null && (wait.for !== "sleep" || hasTimer(tables, id, "wake")) && isTold(tables, { id, wait })

/** Of a run that goes on; of one that is to begin, or has ended, there is a timer. */
const isTold = (tables: Tables, { id, wait }: Pick<StoredTask, "id" | "wait">): boolean => {
  if (wait?.for !== "workflow") return true
  const run = tables.runs.get(wait.run_id)
  if (!run) return hasTimer(tables, id, "begin")
  return !isTerminal(run) || hasTimer(tables, id, "child")
}

const hasTimer = (tables: Tables, id: string, kind: string): boolean => {
  for (const timer of tables.timers.values()) if (timer.task_run_id === id && timer.kind === kind) return true
  return false
}

const isReady = (tables: Tables, id: string): boolean => {
  for (const row of tables.ready.values()) if (row.task_run_id === id) return true
  return false
}

/** Only while its run is paused: who resumes it is the one to move it on. */
const isBlocked = ({ blocked, runs }: Tables, { id, run_id }: StoredTask): boolean =>
  blocked.has(id) && runs.get(run_id ?? "")?.status === "paused"

/** A claim counts what still runs under it. */
export const checkClaim = (tables: Tables, token: string): void => {
  const claim = tables.claims.get(token)
  if (!claim) return
  const running = runningUnder(tables, claim).length
  demand(
    claim.open === running && running > 0,
    () => `${running} run under ${token}, which counts ${claim.open}`,
  )
}
