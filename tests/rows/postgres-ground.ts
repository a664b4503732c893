import { join } from "node:path"
import type { Actor } from "#kernel/auth/actor.ts"
import { type Database, json } from "#kernel/database/database.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { replayDeadLetter } from "#services/scheduler/dead-letter/replay.ts"
import { createEngine, type Engine } from "#services/scheduler/engine.ts"
import { cancelJob } from "#services/scheduler/job/cancel.ts"
import { insertJobs } from "#services/scheduler/job/insert.ts"
import { epoch_ms } from "#services/scheduler/memory/tables.ts"
import { resumeRun } from "#services/scheduler/run/pause.ts"
import { startRuns } from "#services/scheduler/run/start.ts"
import { openSession } from "#services/scheduler/session/open.ts"
import { fireTimers } from "#services/scheduler/timer/fire.ts"
import type { NewJob } from "../sim/store/operations.ts"
import { type Adapter, type Ground, kitAt, type Queue } from "./ground.ts"
import { keptIn } from "./postgres-kept.ts"

const root = join(import.meta.dir, "../..")

/** One database for all grounds, emptied before each. */
export const postgresAdapter = async (): Promise<Adapter> => {
  const database = await testDatabase({
    schema: "scheduler",
    migrations: [
      ...migrationsOf(join(root, "services/scheduler/migrations")),
      { prefix: "clock/", path: join(import.meta.dir, "clock.sql") },
    ],
    search_path: "clock, pg_catalog",
  })
  // A default knows its function from when its table was made.
  await database.run((sql) =>
    sql.script("alter table scheduler.claim alter claimed_at set default clock.now()"),
  )
  return { name: "postgres", open: () => openPostgres(database), close: database.close }
}

const empty = (database: Database) =>
  database.run((sql) =>
    sql.script(`
      truncate scheduler.run, scheduler.task_run, scheduler.ready, scheduler.blocked, scheduler.timer, scheduler.claim,
        scheduler.session, scheduler.queue, scheduler.gate, scheduler.holder, scheduler.signal, scheduler.child,
        scheduler.run_trigger, scheduler.cache_key, scheduler.dead_letter, scheduler.run_event, scheduler.plan,
        scheduler.idempotency, scheduler.rate, scheduler.approval, scheduler.outbox restart identity;
      alter sequence scheduler.token restart`),
  )

const openPostgres = async (database: Database): Promise<Ground> => {
  await empty(database)
  let now_ms = 0
  const skip = async (wait_ms: number) => {
    now_ms += wait_ms
    const at = new Date(epoch_ms + now_ms)
    await database.run((sql) => sql`update clock.time set at = ${at}`)
  }
  await skip(0)
  const kit = kitAt(() => now_ms)
  const engine = createEngine({ database, hot: database, kit, log: silentLog, metrics: createMetrics() })
  return {
    ...{ engine, skip },
    now_ms: () => now_ms,
    async openSession(session_id, { queues, labels, workspace_id, takes }) {
      const own = { session_id, name: "test", queues, labels, takes, types: [], slots: 1, inline_slots: 1 }
      await openSession(engine)(workspace_id === null ? own : { ...own, workspace_id })
    },
    async endSession(session_id) {
      await database.run(
        (sql) => sql`update scheduler.session set ended = true where id = ${session_id}::text::uuid`,
      )
    },
    setQueue: (queue) => setQueue(database, queue),
    startRun: async (start) => void (await startRuns(engine)([start])),
    createJob: (job) => createJob(engine, job, now_ms),
    cancelJob: async (workspace_id, id) => void (await cancelJob(engine)(actorIn(workspace_id), id)),
    replayDeadLetter: async (workspace_id, id) =>
      void (await replayDeadLetter(engine)(actorIn(workspace_id), id)),
    resumeRun: async (workspace_id, run_id) => void (await resumeRun(engine)(actorIn(workspace_id), run_id)),
    fireTimers: async () => void (await fireTimers(engine)()),
    kept: () => keptIn(database),
  }
}

const setQueue = async (database: Database, { workspace_id, name, paused, concurrency }: Queue) => {
  await database.run(
    (sql) => sql`
      insert into scheduler.queue (workspace_id, name, paused, concurrency)
      values (${workspace_id}::text::uuid, ${name}, ${paused}::boolean, ${concurrency}::int)
      on conflict (workspace_id, name) do update
      set paused = excluded.paused, concurrency = excluded.concurrency`,
  )
}

const createJob = async ({ hot }: Engine, { task, delay_ms }: NewJob, now_ms: number) => {
  const { id, workspace_id, type, queue, slot, priority, max_retries, settings, payload } = task
  const queue_timeout_ms = settings?.queue_timeout_ms ?? null
  const job = {
    ...{ id, workspace_id, type, queue, slot, priority, max_retries, queue_timeout_ms, payload },
    ...{ payload_text: json(payload), settings: json(settings), timeout: "1h", key: null },
    ...{ traceparent: null, concurrency: null, rate: null },
    run_at: delay_ms > 0 ? new Date(epoch_ms + now_ms + delay_ms).toISOString() : null,
  }
  await hot.run((sql) => insertJobs(sql, [job]))
}

const actorIn = (workspace_id: string): Actor => ({
  ...{ kind: "user", user_id: "0198c0de-0000-7000-8000-00000000000a", email: "", role: "owner" },
  ...{ workspace_id, grant_id: "" },
})
