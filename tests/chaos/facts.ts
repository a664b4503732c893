import { kafkaBus } from "#kernel/bus/kafka.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { until } from "#kernel/testing/until.ts"

/** Ends of runs and jobs, as somebody hears of them who only listens to the broker. */
export type Facts = {
  /** Resolves when a job's end was heard of. */
  arrival(job_id: string): Promise<void>
  /** Runs and jobs whose ends never came. */
  missing(database: Database): Promise<readonly string[]>
  /** Those of which two ends came: a fact that comes twice has the same id both times. */
  doubled(): readonly string[]
  stop(): Promise<void>
}

const arrive_ms = 60_000

const subjectOf = ({ data }: Envelope): string | undefined => {
  if ("job_id" in data) return data.job_id
  return "run_id" in data && data.run_id !== null ? data.run_id : undefined
}

export const followFacts = (broker: string): Facts => {
  const bus = kafkaBus({ brokers: [broker], client_id: "chaos", log: silentLog })
  const heard = new Map<string, Set<string>>()
  const consumer = bus.consume({
    group: "chaos",
    topics: ["workflow.completed", "job.completed", "job.dead_lettered"],
    max_batch: 500,
    handle: (events: readonly Envelope[]) => {
      for (const event of events) {
        const subject = subjectOf(event)
        if (subject !== undefined) heard.set(subject, (heard.get(subject) ?? new Set()).add(event.id))
      }
      return Promise.resolve()
    },
  })
  consumer.start()
  const unheard = async (database: Database): Promise<readonly string[]> => {
    const rows = await database.run(
      (sql) => sql<{ id: string }>`
        select id::text as id from scheduler.run
        union all
        select id::text from scheduler.task_run where run_id is null and status in ('completed', 'dead_letter')`,
    )
    return rows.map(({ id }) => id).filter((id) => !heard.has(id))
  }
  return {
    async arrival(job_id) {
      await until("a fact from the broker", () => heard.has(job_id), arrive_ms)
    },
    async missing(database) {
      let missing: readonly string[] = []
      const isComplete = async () => {
        missing = await unheard(database)
        return missing.length === 0
      }
      await until("all facts", isComplete, arrive_ms).catch(() => undefined)
      return missing
    },
    doubled: () => [...heard].filter(([, ids]) => ids.size > 1).map(([subject]) => subject),
    stop: () => bus.close(),
  }
}
