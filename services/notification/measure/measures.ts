import type { Database, Sql } from "#kernel/database/database.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"

type Attempted = {
  readonly channel: string
  readonly outcome: "delivered" | "retried" | "dead"
  readonly took_ms: number
}

/** What Prometheus is told of deliveries. */
export type Measures = { attempted(attempt: Attempted): void }

export const createMeasures = (metrics: Metrics): Measures => {
  const attempts = metrics.counter(
    "notification_attempts_total",
    "Attempts to deliver, by channel and outcome.",
  )
  const seconds = metrics.histogram("notification_attempt_seconds", "How long an attempt took, by channel.")
  return {
    attempted({ channel, outcome, took_ms }) {
      attempts.add({ channel, outcome })
      seconds.observe({ channel }, took_ms / 1_000)
    },
  }
}

type Observed = { readonly database: Database; readonly openStreams: () => number }

/** What is read when somebody asks: what waits, and how many streams are held here. */
export const observeWaiting = (metrics: Metrics, { database, openStreams }: Observed): void => {
  const waiting = metrics.gauge(
    "notification_deliveries_waiting",
    "Deliveries that are not settled, by status.",
  )
  const streams = metrics.gauge("notification_streams", "Streams of inboxes that this process holds.")
  metrics.collect(async () => {
    streams.set({}, openStreams())
    for (const { status, count } of await database.run(countWaiting)) waiting.set({ status }, count)
  })
}

const countWaiting = (sql: Sql) =>
  sql<{ status: string; count: number }>`
    select status, count(due.status)::int as count
    from unnest(array['queued', 'held']) as known (status)
      left join (select status from notification.delivery where due_at is not null) as due using (status)
    group by status`
