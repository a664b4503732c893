import { setTimeout as wait } from "node:timers/promises"
import { drained } from "../drained.ts"
import { historyBehind } from "../history/behind.ts"
import { allWritten } from "../history/written.ts"
import { type Found, perItem, round } from "../measurement.ts"
import { metered, residentBytes } from "../processes.ts"
import type { Bench, Workload } from "../workload.ts"

const queued = 100_000
const many_queued = 200_000
/** A process that has nothing more to do tidies up after a few seconds. */
const settle_ms = 9_000
const mebibyte = 1_048_576

type Drained = { readonly rate: number; readonly cpu_us: number; readonly found: Found }

/** From the resumption of a paused queue until all of it is done. */
const drainOf = async ({ api, target }: Bench, queue: string, count: number): Promise<Drained> => {
  await api.pause(queue)
  await api.fill(queue, count)
  const from_ms = performance.now()
  const { answer: dead, cpu } = await metered(target.pid, async () => {
    await api.resume(queue)
    return drained(api, queue)
  })
  if (dead > 0) throw new Error(`${dead} jobs of ${queue} became dead letters`)
  const rate = round((count * 1_000) / (performance.now() - from_ms), 0)
  const cpu_us = cpu === undefined ? 0 : (cpu.app_us + cpu.postgres_us) / count
  return { rate, cpu_us, found: { rate, n: count, details: perItem(cpu, count) } }
}

const resident = async (bench: Bench): Promise<Found> => {
  const { api, target } = bench
  const queue = "bench-resident"
  await api.pause(queue)
  await api.fill(queue, many_queued)
  await allWritten(bench)
  await wait(settle_ms)
  const bytes = residentBytes(target.pid)
  await api.resume(queue)
  await drained(api, queue)
  return {
    n: many_queued,
    details: { rss_mb: bytes === undefined ? "no /proc" : round(bytes / mebibyte, 0) },
  }
}

const few = 10_000
const million = 1_000_000
const sample = 20_000

/** A sample each, before and after a million more are stored: medians of three. */
const stored = async (bench: Bench): Promise<Found> => {
  const costs = async (name: string) => {
    // What is stored is to be measured, and not that it is still being written down.
    await allWritten(bench)
    const drains: Drained[] = []
    for (const turn of [1, 2, 3]) drains.push(await drainOf(bench, `${name}-${turn}`, sample))
    return drains.map(({ cpu_us }) => cpu_us).toSorted((one, other) => one - other)[1] ?? 0
  }
  await drainOf(bench, "bench-stored-fill", few)
  const few_cpu_us = await costs("bench-stored-few")
  await drainOf(bench, "bench-stored-fill", million)
  const million_cpu_us = await costs("bench-stored-million")
  const ratio = round(million_cpu_us / few_cpu_us)
  return {
    n: sample,
    details: { ratio, few_cpu_us: round(few_cpu_us, 1), million_cpu_us: round(million_cpu_us, 1) },
  }
}

export const drain: Workload = {
  name: "drain",
  about: "drain of 100,000 queued no-op jobs, one worker",
  must: "25k/s",
  reach: "50k/s",
  run: async (bench) => {
    const behind = await historyBehind(bench.api, "task=noop")
    const { found } = await drainOf(bench, "bench-drain", queued)
    return { ...found, details: { ...found.details, history_after_s: await behind(queued) } }
  },
}

export const residentMemory: Workload = {
  name: "rss",
  about: "RSS of the platform's process with 200,000 jobs queued",
  must: "200 MB",
  reach: "–",
  run: resident,
}

export const costStored: Workload = {
  name: "stored-cost",
  about: "CPU to drain a job at 1,000,000 stored against 10,000",
  must: "≤ 1.3×",
  reach: "–",
  long: true,
  run: stored,
}
