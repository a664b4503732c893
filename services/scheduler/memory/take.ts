import type { ClaimedRow, Holder, Share, Taken } from "../step/rows.ts"
import { type Changes, changeTask, jobLock, readyLock, runLock } from "./changes.ts"
import type { Session } from "./database.ts"
import { block, tokenOf } from "./save.ts"
import { queueKey, type Ready } from "./tables.ts"

/** What `step/take.ts` does: skips what others have locked, blocks what belongs to a paused run, runs the rest. */
export const takeReady = async (
  session: Session,
  shares: readonly Share[],
  holder: Holder,
): Promise<Taken> => {
  const picked = shares.filter((share) => isOpen(session, share)).flatMap((share) => pick(session, share))
  const tasks: ClaimedRow[] = []
  const paused: Ready[] = []
  const revisions = new Map<string, number>()
  let busy = 0
  for (const ready of picked) {
    const run = ready.run_id === null ? undefined : session.tables.runs.get(ready.run_id)
    if (run && !session.locks.take(session, runLock(run.id))) {
      busy += 1
      continue
    }
    if (run) revisions.set(run.id, run.revision)
    const isPaused = run?.status === "paused"
    session.writes.push((changes) => moveOn(changes, ready))
    if (isPaused) paused.push(ready)
    // A job that was replayed may have a second row: the update finds it once.
    const isLeft = isPaused || tasks.some(({ id }) => id === ready.task_run_id)
    const task = isLeft ? undefined : await claim(session, ready, holder)
    if (task) tasks.push(task)
  }
  session.writes.push((changes) => {
    for (const { task_run_id: id, run_id } of paused) block(changes, { id, run_id })
  })
  return { tasks, busy, revisions }
}

const isOpen = ({ tables }: Session, { workspace_id, queue, limited }: Share): boolean => {
  const setting = tables.queues.get(queueKey(workspace_id, queue))
  return !setting || (!setting.paused && (setting.concurrency === null || limited))
}

const pick = (session: Session, share: Share): readonly Ready[] => {
  const { queue, workspace_id, slot, max_tasks } = share
  const isThere = (row: Ready) =>
    row.queue === queue && row.workspace_id === workspace_id && row.slot === slot
  const found: Ready[] = []
  const all = [...session.tables.ready.values()].filter(isThere)
  for (const row of all.sort((one, other) => one.rank - other.rank || one.seq - other.seq)) {
    if (found.length >= max_tasks) break
    if (session.locks.take(session, readyLock(row.seq))) found.push(row)
  }
  return found
}

const moveOn = (changes: Changes, { seq, task_run_id: id }: Ready): void => {
  changes.tables.ready.delete(seq)
  changes.moved.add(id)
}

/** Somebody may be ending a job just now: its row is waited for, and looked at again. */
const claim = async (session: Session, ready: Ready, holder: Holder): Promise<ClaimedRow | undefined> => {
  const { task_run_id: id, run_id } = ready
  if (run_id === null) await session.locks.wait(session, jobLock(id))
  const task = session.tables.tasks.get(id)
  if (task?.status !== "queued") return undefined
  const change = {
    status: "running",
    attempt: task.attempt + 1,
    token: tokenOf(holder),
    reason: null,
  } as const
  session.writes.push((changes) => {
    Object.assign(changeTask(changes, id), change)
  })
  return { ...task, ...change }
}
