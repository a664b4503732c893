import { drained } from "../drained.ts"
import { applyLoad, type Loaded } from "../load/load.ts"
import { type Found, perItem, round } from "../measurement.ts"
import { type Metered, metered } from "../processes.ts"
import type { Bench, Workload } from "../workload.ts"

const concurrency = 100
const warm_seconds = 1
const backlog = 240_000

const load = ({ target }: Bench, queue: string, seconds: number): Promise<Loaded> => {
  const body = JSON.stringify({ type: "noop", payload: { n: 1 }, queue })
  return applyLoad({ ...target, path: "/api/v1/jobs", body, concurrency, seconds })
}

const measured = async (bench: Bench, queue: string): Promise<Metered<Loaded>> => {
  await load(bench, queue, warm_seconds)
  return metered(bench.target.pid, () => load(bench, queue, bench.seconds))
}

const foundOf = ({ answer, cpu }: Metered<Loaded>): Found => {
  const { n, elapsed_ms, p50_ms, p99_ms, by } = answer
  const rate = round((n * 1_000) / elapsed_ms, 0)
  return { rate, p50_ms: round(p50_ms), p99_ms: round(p99_ms), n, details: { by, ...perItem(cpu, n) } }
}

const paused = async (bench: Bench): Promise<Found> => {
  const queue = "bench-enqueue-paused"
  await bench.api.pause(queue)
  const found = foundOf(await measured(bench, queue))
  await bench.api.resume(queue)
  await drained(bench.api, queue)
  return found
}

/** The rate is that of all jobs done: those that are accepted and wait don't count. */
const run = async (bench: Bench): Promise<Found> => {
  const queue = "bench-enqueue-run"
  await load(bench, queue, warm_seconds)
  await drained(bench.api, queue)
  const from_ms = performance.now()
  const { answer, cpu } = await metered(bench.target.pid, async () => {
    const loaded = await load(bench, queue, bench.seconds)
    await drained(bench.api, queue)
    return loaded
  })
  const done_rate = round((answer.n * 1_000) / (performance.now() - from_ms), 0)
  const found = foundOf({ answer, cpu })
  return { ...found, rate: done_rate, details: { ...found.details, accepted_rate: found.rate ?? 0 } }
}

const whileDraining = async (bench: Bench): Promise<Found> => {
  const queue = "bench-enqueue-draining"
  await bench.api.pause(queue)
  await bench.api.fill(queue, backlog)
  await bench.api.resume(queue)
  const result = await metered(bench.target.pid, () => load(bench, queue, bench.seconds))
  const left = (await bench.api.queue(queue)).queued
  await drained(bench.api, queue)
  const found = foundOf(result)
  const done = backlog + result.answer.n - left
  const drain_rate = round((done * 1_000) / result.answer.elapsed_ms, 0)
  return { ...found, details: { ...found.details, drain_rate_beside: drain_rate, left } }
}

export const enqueuePaused: Workload = {
  name: "enqueue-paused",
  about: "enqueue, one job a request, c=100, queue paused",
  must: "22k/s, p99 ≤ 12 ms",
  reach: "36k/s",
  run: paused,
}

export const enqueueRun: Workload = {
  name: "enqueue-run",
  about: "the same, every job run and recorded at once",
  must: "13k/s",
  reach: "25k/s",
  run,
}

export const enqueueWhileDraining: Workload = {
  name: "enqueue-while-draining",
  about: "the same while a 240,000 backlog drains",
  must: "10k/s, p99 ≤ 30 ms",
  reach: "20k/s",
  run: whileDraining,
}
