import type { Job } from "../api.ts"
import { type Connection, openConnection } from "../load/connection.ts"
import { type Found, median, percentiles, round } from "../measurement.ts"
import type { Bench, Workload } from "../workload.ts"

const warm_jobs = 100
const jobs_per_second = 100
/** Times are told in whole milliseconds, cut off: on average half of one is missing. */
const cut_off_ms = 0.5

type Timed = { readonly handled_ms: number; readonly started_ms: number; readonly round_trip_ms: number }

const jobFrom = (body: string): Job => JSON.parse(body) as Job

const sinceMs = (from_ms: number, at: string | null): number => Date.parse(at ?? "") - from_ms + cut_off_ms

const one = async (connection: Connection): Promise<Timed> => {
  const wall_ms = performance.timeOrigin + performance.now()
  const from_ms = performance.now()
  const body = JSON.stringify({ type: "noop", payload: {}, queue: "bench-idle" })
  const created = await connection.ask({ method: "POST", path: "/api/v1/jobs", body })
  if (created.status !== 201) throw new Error(`a job was answered with ${created.status}: ${created.body}`)
  let job = jobFrom(created.body)
  while (job.status !== "completed") {
    const shown = await connection.ask({ method: "GET", path: `/api/v1/jobs/${job.id}` })
    job = jobFrom(shown.body)
    if (job.status === "dead_letter") throw new Error(`job ${job.id} became a dead letter`)
  }
  const round_trip_ms = performance.now() - from_ms
  const started_ms = Date.parse(job.started_at ?? "") - Date.parse(job.created_at)
  return { handled_ms: sinceMs(wall_ms, job.completed_at), started_ms, round_trip_ms }
}

/** A handler has begun, and ended, before its report's transaction began: an upper bound that needs no clock but one. */
const run = async ({ target, seconds }: Bench): Promise<Found> => {
  const connection = await openConnection(target.url, target.token)
  for (let index = 0; index < warm_jobs; index += 1) await one(connection)
  const times: Timed[] = []
  for (let index = 0; index < seconds * jobs_per_second; index += 1) {
    times.push(await one(connection))
    // Idle is not the same as one after the other without a pause.
    await Bun.sleep(Math.random() * 8)
  }
  connection.close()
  const round_trip = percentiles(times.map(({ round_trip_ms }) => round_trip_ms))
  return {
    ...percentiles(times.map(({ handled_ms }) => handled_ms)),
    n: times.length,
    details: {
      round_trip_p50_ms: round_trip.p50_ms,
      round_trip_p99_ms: round_trip.p99_ms,
      created_to_started_p50_ms: median(times.map(({ started_ms }) => round(started_ms))),
    },
  }
}

export const idleLatency: Workload = {
  name: "idle-latency",
  about: "idle: enqueue → handler starts",
  must: "p50 2 ms, p99 6 ms",
  reach: "0.8 / 2.5 ms",
  run,
}
