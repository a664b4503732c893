import { setTimeout as wait } from "node:timers/promises"
import type { Run } from "../api.ts"
import { historyBehind } from "../history/behind.ts"
import { applyLoad } from "../load/load.ts"
import { type Found, perItem, round } from "../measurement.ts"
import { metered } from "../processes.ts"
import type { Bench, Workload } from "../workload.ts"

const name = "bench-three-steps"
const sequence_name = "bench-sequence"
const warm_seconds = 1
const look_ms = 100
const max_wait_ms = 120_000

const steps = ["one", "two", "three"].map((step) => ({ name: step, type: "noop", payload: {} }))

/** One workflow, pushed once; and the earlier systems' form, which brings its steps each time. */
const pushed = async ({ api }: Bench): Promise<string> => {
  const tasks =
    "  one: { uses: noop }\n  two: { uses: noop, needs: [one] }\n  three: { uses: noop, needs: [two] }\n"
  await api.push(`name: ${name}\ntasks:\n${tasks}`)
  return JSON.stringify({ workflow: name, inputs: {} })
}

const settled = async ({ api }: Bench): Promise<void> => {
  const deadline_ms = performance.now() + max_wait_ms
  for (const status of ["pending", "running"]) {
    for (;;) {
      const { items } = await api.call<{ items: readonly Run[] }>("GET", `runs?status=${status}&limit=1`)
      if (items.length === 0) break
      if (performance.now() > deadline_ms) throw new Error("runs don't end")
      await wait(look_ms)
    }
  }
}

const started = async (bench: Bench): Promise<Found> => {
  const body = JSON.stringify({ name: sequence_name, steps })
  const load = { ...bench.target, path: "/api/v1/workflows", body, concurrency: 100 }
  await applyLoad({ ...load, seconds: warm_seconds })
  await settled(bench)
  const behind = await historyBehind(bench.api, `workflow=${sequence_name}`)
  const from_ms = performance.now()
  const { answer, cpu } = await metered(bench.target.pid, async () => {
    const loaded = await applyLoad({ ...load, seconds: bench.seconds })
    await settled(bench)
    return loaded
  })
  const { n, elapsed_ms, p50_ms, p99_ms, by } = answer
  const done_rate = round((n * 1_000) / (performance.now() - from_ms), 0)
  const history_after_s = await behind(n * steps.length)
  const details = { by, done_rate, ...perItem(cpu, n), history_after_s }
  return {
    rate: round((n * 1_000) / elapsed_ms, 0),
    p50_ms: round(p50_ms),
    p99_ms: round(p99_ms),
    n,
    details,
  }
}

const followed = async (bench: Bench, concurrency: number): Promise<Found> => {
  const body = await pushed(bench)
  const load = { ...bench.target, path: "/api/v1/runs", body, concurrency, follow: true }
  await applyLoad({ ...load, seconds: warm_seconds })
  const { answer, cpu } = await metered(bench.target.pid, () =>
    applyLoad({ ...load, seconds: bench.seconds }),
  )
  const { n, elapsed_ms, p50_ms, p99_ms, by } = answer
  const rate = round((n * 1_000) / elapsed_ms, 0)
  return { rate, p50_ms, p99_ms, n, details: { by, ...perItem(cpu, n) } }
}

export const sequenceStart: Workload = {
  name: "sequence-start",
  about: "start of a 3-step sequence, one a request, c=100",
  must: "8k/s",
  reach: "15k/s",
  run: started,
}

export const sequenceLatency: Workload = {
  name: "sequence-latency",
  about: "3 no-op steps in sequence, start → result by events, one at a time",
  must: "p50 5 ms",
  reach: "2.5 ms",
  run: (bench) => followed(bench, 1),
}

export const sequenceThroughput: Workload = {
  name: "sequence-throughput",
  about: "the same, 50 clients that start and follow",
  must: "3k/s",
  reach: "6k/s",
  run: (bench) => followed(bench, 50),
}
