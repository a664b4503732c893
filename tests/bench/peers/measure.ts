import { setTimeout as wait } from "node:timers/promises"
import { type Found, median, percentiles, round } from "../measurement.ts"
import type { Flows, Jobs } from "./peer.ts"

const concurrency = { enqueue: 100, flows: 50 }
const queued = 100_000
const look_ms = 10
const max_still_ms = 60_000
const max_idle_jobs = 500
const runs = 5

type Done = (workload: string, found: Found) => void

/** So many clients, each as soon as its last one is done. */
const clients = async (count: number, seconds: number, once: () => Promise<unknown>): Promise<Found> => {
  const times_ms: number[] = []
  const from_ms = performance.now()
  const until_ms = from_ms + seconds * 1_000
  const client = async () => {
    while (performance.now() < until_ms) {
      const asked_ms = performance.now()
      await once()
      times_ms.push(performance.now() - asked_ms)
    }
  }
  await Promise.all(Array.from({ length: count }, client))
  const rate = round((times_ms.length * 1_000) / (performance.now() - from_ms), 0)
  return { rate, ...percentiles(times_ms), n: times_ms.length }
}

/** First by the handlers that have begun, which costs nothing, then by what is recorded. */
const allDone = async (jobs: Jobs, begun: () => number, count: number): Promise<void> => {
  let last = -1
  let changed_ms = performance.now()
  while (begun() < count || (await jobs.left()) > 0) {
    if (begun() !== last) changed_ms = performance.now()
    last = begun()
    if (performance.now() - changed_ms > max_still_ms) throw new Error(`${count - last} jobs don't get done`)
    await wait(look_ms)
  }
}

const enqueueAndDrain = async (jobs: Jobs, seconds: number, done: Done): Promise<void> => {
  await clients(concurrency.enqueue, 1, jobs.enqueue)
  done("enqueue-paused", await clients(concurrency.enqueue, seconds, jobs.enqueue))
  await jobs.enqueueMany(Math.max(0, queued - (await jobs.left())))
  const count = await jobs.left()
  let begun = 0
  const from_ms = performance.now()
  await jobs.work(() => {
    begun += 1
  })
  await allDone(jobs, () => begun, count)
  const elapsed_ms = performance.now() - from_ms
  await jobs.rest()
  done("drain", { rate: round((count * 1_000) / elapsed_ms, 0), n: count })
}

const enqueueWhileRunning = async (jobs: Jobs, seconds: number, done: Done): Promise<void> => {
  let begun = 0
  await jobs.work(() => {
    begun += 1
  })
  const from_ms = performance.now()
  const found = await clients(concurrency.enqueue, seconds, jobs.enqueue)
  await allDone(jobs, () => begun, found.n)
  const rate = round((found.n * 1_000) / (performance.now() - from_ms), 0)
  await jobs.rest()
  done("enqueue-run", { ...found, rate, details: { accepted_rate: found.rate ?? 0 } })
}

export const measureIdle = async (jobs: Jobs, seconds: number, done: Done): Promise<void> => {
  let begun: () => void = () => undefined
  await jobs.work(() => begun())
  const times_ms: number[] = []
  const until_ms = performance.now() + seconds * 1_000
  while (performance.now() < until_ms && times_ms.length < max_idle_jobs) {
    const started = new Promise<void>((resolve) => {
      begun = resolve
    })
    const from_ms = performance.now()
    const accepted = jobs.enqueue()
    await started
    times_ms.push(performance.now() - from_ms)
    await accepted
    await wait(look_ms)
  }
  await jobs.rest()
  done("idle-latency", { ...percentiles(times_ms), n: times_ms.length })
}

export const measureJobs = async (jobs: Jobs, seconds: number, done: Done): Promise<void> => {
  await enqueueWhileRunning(jobs, seconds, done)
  await enqueueAndDrain(jobs, seconds, done)
}

const times = async (once: () => Promise<unknown>): Promise<Found> => {
  await once()
  const times_ms: number[] = []
  for (let index = 0; index < runs; index += 1) {
    const from_ms = performance.now()
    await once()
    times_ms.push(performance.now() - from_ms)
  }
  return { p50_ms: median(times_ms), n: runs }
}

export const measureFlows = async (flows: Flows, seconds: number, done: Done): Promise<void> => {
  const three = () => flows.chain(3)
  await clients(1, 1, three)
  done("sequence-latency", await clients(1, seconds, three))
  done("sequence-throughput", await clients(concurrency.flows, seconds, three))
  done("chain-200", await times(() => flows.chain(200)))
  done("fan-out-1000", await times(() => flows.fanOut(1_000)))
}
