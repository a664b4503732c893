import "#sdk/node-20.ts"
import { lockDue, removeTimers } from "#services/scheduler/memory/due.ts"
import { startChildren, startIn } from "#services/scheduler/memory/start.ts"
import { isTerminal } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import type { RunStart } from "#services/scheduler/run/start.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import { claimTasks } from "#services/scheduler/task/claim.ts"
import { reportTasks } from "#services/scheduler/task/report.ts"
import { fire } from "#services/scheduler/timer/fire.ts"
import { beginCall, type Call, type Calling } from "./calls.ts"
import { answer, sendSignals } from "./people.ts"

/** How long a fake may be busy in real time, without having ended or slept on the skipped clock. */
const max_real_ms = 3_000
const no_room = { process: 0, inline: 0, remote: 0 }
const room = { process: 0, inline: 10_000, remote: 0 }

type Drive = Calling & {
  readonly calls: Set<Call>
  /** Runs that were told their signals, and tasks of which people were asked. */
  readonly greeted: Set<string>
  wake: () => void
}

/** Starts a run, and does what is to be done until all has ended; time passes only when nothing else does. */
export const drive = async (calling: Calling, start: RunStart): Promise<void> => {
  const drive: Drive = { ...calling, calls: new Set(), greeted: new Set(), wake: () => undefined }
  await calling.bench.transact((session) => startIn(calling.bench.engine, session, [start]))
  const turns = [greet, fireDue, claim, stopUnwanted, report, ask]
  for (;;) {
    let moved = false
    for (const turn of turns) moved = (await turn(drive)) || moved
    if (moved) continue
    if (await settled(drive)) continue
    if ([...calling.bench.tables.runs.values()].every(isTerminal) && drive.calls.size === 0) return
    skip(drive)
  }
}

const greet = async (drive: Drive): Promise<boolean> => {
  const fresh = [...drive.bench.tables.runs.values()].filter(({ id }) => !drive.greeted.has(id))
  for (const run of fresh) {
    drive.greeted.add(run.id)
    await sendSignals(drive, run)
  }
  return fresh.length > 0
}

const fireDue = async ({ bench }: Drive): Promise<boolean> => {
  const { engine, tables, clock } = bench
  if (![...tables.timers.values()].some(({ due_ms }) => due_ms <= clock.now_ms())) return false
  await bench.transact(async (session) => {
    const due = await lockDue(session)
    const { answer: fired } = await performOn(engine, transactionIn(session), async (step) => {
      const done = await fire(engine, step, due)
      return { done, children: step.decided.waits.children }
    })
    await startChildren(engine, session, fired.children)
    removeTimers(session, fired.done)
  })
  return true
}

const claim = async (drive: Drive): Promise<boolean> => {
  const { engine, tables, session_id } = drive.bench
  if (tables.ready.size === 0) return false
  engine.lanes.note(tables.ready.values())
  const attempts = await claimTasks(engine)({ session_id, room })
  for (const attempt of attempts) drive.calls.add(beginCall(drive, attempt, () => drive.wake()))
  return attempts.length > 0
}

/** What a worker is told by its heartbeat. */
const stopUnwanted = ({ bench, calls }: Drive): Promise<boolean> => {
  const unwanted = [...calls].filter(
    ({ attempt, settlement }) => !settlement && bench.tables.tasks.get(attempt.id)?.cancel,
  )
  for (const call of unwanted) call.stop({ outcome: "released" })
  return Promise.resolve(unwanted.length > 0)
}

const report = async ({ bench, calls }: Drive): Promise<boolean> => {
  const { engine, session_id } = bench
  const ended = [...calls].filter(({ settlement }) => settlement)
  for (const call of ended) {
    calls.delete(call)
    const settlements = call.settlement ? [call.settlement] : []
    await reportTasks(engine)({ session_id, settlements, room: no_room })
  }
  return ended.length > 0
}

const ask = async (drive: Drive): Promise<boolean> => {
  const waiting = [...drive.bench.tables.tasks.values()].filter(
    ({ id, status, wait }) => status === "waiting" && wait !== null && !drive.greeted.has(id),
  )
  for (const task of waiting) {
    drive.greeted.add(task.id)
    // Somebody else's answer may have ended it.
    if (drive.bench.tables.tasks.get(task.id)?.status === "waiting") await answer(drive, task)
  }
  return waiting.length > 0
}

const isBusy = ({ sleeping, settlement }: Call): boolean => sleeping === 0 && !settlement

/** Lets fakes go on in real time until each has ended or sleeps. True if one has ended. */
const settled = async (drive: Drive): Promise<boolean> => {
  const until_ms = performance.now() + max_real_ms
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 0))
    const busy = [...drive.calls].filter(isBusy)
    if (busy.length === 0 || drive.calls.size > busy.length + sleepers(drive)) break
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(tooSlow(busy))), until_ms - performance.now())
      drive.wake = () => {
        clearTimeout(limit)
        resolve()
      }
    })
    drive.wake = () => undefined
  }
  return [...drive.calls].some(({ settlement }) => settlement)
}

const sleepers = ({ calls }: Drive): number => [...calls].filter(({ sleeping }) => sleeping > 0).length

const tooSlow = (busy: readonly Call[]): string =>
  `The fake of ${busy.map(({ attempt }) => attempt.task).join(", ")} has not ended for ${max_real_ms / 1_000} s of real time. What takes long takes it on the skipped clock: \`await sleep("10m")\`.`

const skip = ({ bench }: Drive): void => {
  const { clock, tables } = bench
  const open = [...tables.runs.values()].filter((run) => !isTerminal(run))
  const timers = [...tables.timers.values()].filter(({ run_id }) => open.some(({ id }) => id === run_id))
  const times = [...timers.map(({ due_ms }) => due_ms), clock.next_ms() ?? Number.POSITIVE_INFINITY]
  const next_ms = Math.min(...times)
  if (next_ms === Number.POSITIVE_INFINITY) throw new Error(stuck(bench.tables))
  clock.skipTo(next_ms)
}

const stuck = (tables: Calling["bench"]["tables"]): string => {
  const waits = [...tables.tasks.values()].flatMap(({ task, status, wait }) => {
    if (status !== "waiting") return []
    if (wait?.for === "approval") return [`${task} for an approval: add \`approvals: { "${task}": true }\``]
    return wait?.for === "signal" ? [`${task} for a signal: add \`signals: { "${wait.name}": { … } }\``] : []
  })
  return `The run waits for people, and nobody says anything: ${waits.join("; ")}.`
}
