import { anybody } from "#services/scheduler/lane/taker.ts"
import type { KnownFact } from "#services/scheduler/memory/changes.ts"
import { createDatabase, type MemoryDatabase, type Session } from "#services/scheduler/memory/database.ts"
import { lockDue, removeTimers } from "#services/scheduler/memory/due.ts"
import { createMemoryEngine } from "#services/scheduler/memory/engine.ts"
import { createLife } from "#services/scheduler/memory/life.ts"
import { startChildren, startIn } from "#services/scheduler/memory/start.ts"
import { createTables, queueKey, type Tables } from "#services/scheduler/memory/tables.ts"
import { transactionIn } from "#services/scheduler/memory/transaction.ts"
import { turnIn } from "#services/scheduler/run/pause.ts"
import { performOn } from "#services/scheduler/step/perform.ts"
import { fire } from "#services/scheduler/timer/fire.ts"
import { cancelJob, insertJob, replayDeadLetter, unblockRun } from "../sim/store/operations.ts"
import { type Adapter, type Ground, kitAt } from "./ground.ts"
import { keptIn } from "./memory-kept.ts"

export type MemoryGround = Ground & { readonly tables: Tables; readonly facts: readonly KnownFact[] }

export const memoryAdapter: Omit<Adapter, "open"> & { open(): Promise<MemoryGround> } = {
  name: "memory",
  open: () => Promise.resolve(openMemory()),
  close: () => Promise.resolve(),
}

const openMemory = (): MemoryGround => {
  const [tables, life] = [createTables(), createLife()]
  const facts: KnownFact[] = []
  let now_ms = 0
  const database: MemoryDatabase = createDatabase({
    tables,
    now: () => now_ms,
    trip: () => Promise.resolve(),
    ending: () => "well",
    kill: () => undefined,
    committed: (changes) => facts.push(...changes.facts),
  })
  const engine = createMemoryEngine({ database, life, kit: kitAt(() => now_ms), publish: () => undefined })
  const tx = <Answer>(work: (session: Session) => Promise<Answer>) => database.tx(life, work)
  return {
    ...{ engine, tables, facts },
    now_ms: () => now_ms,
    async skip(wait_ms) {
      now_ms += wait_ms
    },
    async openSession(id, taker) {
      tables.sessions.set(id, { ...anybody, ...taker, id, lease_until_ms: now_ms + 15_000, ended: false })
      engine.sessions.keep(id, taker)
    },
    async endSession(id) {
      const session = tables.sessions.get(id)
      if (session) session.ended = true
    },
    async setQueue(queue) {
      tables.queues.set(queueKey(queue.workspace_id, queue.name), { ...queue, changed_ms: now_ms })
    },
    startRun: (start) => tx(async (session) => void (await startIn(engine, session, [start]))),
    createJob: (job) => tx(async (session) => insertJob(session, job)),
    cancelJob: (_, id) => tx(async (session) => void (await cancelJob(session, id))),
    replayDeadLetter: (_, id) => tx(async (session) => void (await replayDeadLetter(session, id))),
    resumeRun: (workspace_id, run_id) =>
      tx(async (session) => {
        await performOn(engine, transactionIn(session), (step) =>
          turnIn(engine, step, { workspace_id, run_id, turn: "resume" }),
        )
        unblockRun(session, run_id)
      }),
    fireTimers: () =>
      tx(async (session) => {
        const due = await lockDue(session)
        const { answer } = await performOn(engine, transactionIn(session), async (step) => {
          const done = await fire(engine, step, due)
          return { done, children: step.decided.waits.children }
        })
        await startChildren(engine, session, answer.children)
        removeTimers(session, answer.done)
      }),
    kept: async () => keptIn(tables, facts),
  }
}
