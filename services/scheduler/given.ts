import type { Fact } from "#kernel/outbox/emit.ts"
import type { BareRow } from "#kernel/outbox/read.ts"
import { systemKit } from "#kernel/service/kit.ts"
import { migrationsOf } from "#kernel/service/migrations.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { createMetrics } from "#kernel/telemetry/metrics.ts"
import { testDatabase } from "#kernel/testing/database.ts"
import { compile, type Plan } from "#language/plan.ts"
import { runId } from "#language/run-id.ts"
import type { Definition } from "#language/schema.ts"
import { createEngine, type Engine } from "./engine.ts"
import { deriveFacts } from "./fact/derive.ts"
import { createTold, type Told } from "./fact/told.ts"
import { type RunStart, startRuns } from "./run/start.ts"
import { openSession } from "./session/open.ts"
import type { Attempt } from "./task/attempt.ts"
import { claimTasks } from "./task/claim.ts"
import { reportTasks } from "./task/report.ts"
import type { Settlement } from "./task/verdict.ts"

const kit = systemKit()

const migrations = new URL("./migrations", import.meta.url).pathname

export const workspace_id = "0198c0de-0000-7000-8000-000000000001"

type ToldFact = Omit<Fact, "data" | "type"> & {
  readonly topic: string
  readonly data: Readonly<Record<string, unknown>>
}

/** What the scheduler's tests begin with. */
export const given = {
  engine: async (more: { readonly hot?: boolean } = {}): Promise<Engine & { close(): Promise<void> }> => {
    const options = { schema: "scheduler", migrations: migrationsOf(migrations), ...more }
    const database = await testDatabase(options)
    // The copied database may be minutes old, which a sweep would take for an outage.
    await database.run((sql) => sql`update scheduler.sweep set last_at = now(), reap_after = now()`)
    const engine = createEngine({ database, hot: database, kit, log: silentLog, metrics: createMetrics() })
    return { ...engine, close: database.close }
  },

  plan: (tasks: Definition["tasks"]): Plan => compile({ name: "test", tasks }),

  start: (plan: Plan, more: Partial<RunStart> = {}): RunStart => ({
    run_id: given.runId(),
    workspace_id,
    workflow: "test",
    version: 1,
    plan,
    inputs: {},
    trigger: "manual",
    idempotency_key: undefined,
    body_hash: "",
    traceparent: null,
    rerun: null,
    ...more,
  }),

  runId: (): string => runId(kit.id()),

  run: async (engine: Engine, tasks: Definition["tasks"]): Promise<string> => {
    const [started] = await startRuns(engine)([given.start(given.plan(tasks))])
    if (!started) throw new Error("the run was not started")
    return started.run_id
  },

  /** Everything that was told, as others read it; from the rows alone, unless something is remembered. */
  told: (engine: Engine, remembered: Told = createTold()): Promise<readonly ToldFact[]> =>
    engine.database.run(async (sql) => {
      const rows = await sql<BareRow & { events: readonly Fact[] | null }>`
        select topic, ids, details, at, events from scheduler.outbox order by id`
      const bare = rows.filter(({ events }) => events === null)
      const derived = await deriveFacts(remembered)(sql, bare)
      const bodies = new Map(bare.map((row, index) => [row, derived[index] ?? []]))
      const bodiesOf = (row: (typeof rows)[number]) => row.events ?? bodies.get(row) ?? []
      return rows.flatMap((row) => bodiesOf(row).map((body) => ({ ...body, topic: row.topic }) as ToldFact))
    }),

  /** Everybody has read what was told. */
  readAll: (engine: Engine) => engine.database.run((sql) => sql`delete from scheduler.outbox`),

  session: async (engine: Engine, queues: readonly string[] = ["*"]): Promise<string> => {
    const session_id = kit.id()
    const own = { session_id, name: "test", queues, labels: {}, types: [] }
    await openSession(engine)({ ...own, slots: 100, inline_slots: 100 })
    return session_id
  },

  room: (count: number) => ({ process: count, inline: count, remote: 0 }),

  /** Works like a worker whose tasks end as told, until nothing is ready any more. */
  work: async (
    engine: Engine,
    session_id: string,
    end: (attempt: Attempt) => Partial<Settlement> = () => ({}),
  ): Promise<readonly string[]> => {
    const order: string[] = []
    let attempts = await claimTasks(engine)({ session_id, room: given.room(100) })
    while (attempts.length > 0) {
      order.push(...attempts.map((attempt) => attempt.task))
      const settlements = attempts.map((attempt) => ({
        task_run_id: attempt.id,
        token: attempt.token,
        outcome: "completed" as const,
        ...end(attempt),
      }))
      const reported = await reportTasks(engine)({ session_id, settlements, room: given.room(100) })
      attempts = reported.attempts
    }
    return order
  },
}
