import { round } from "../measurement.ts"
import { fillHistory } from "./fill.ts"
import type { Filled } from "./store.ts"

/** Each of them has something to find; what is rare is in ten of all. */
const filters: Readonly<Record<string, (count: number, turn: number) => Readonly<Record<string, string>>>> = {
  none: () => ({}),
  workflow: (_, turn) => ({ workflow: `flow-${turn % 20}` }),
  workflow_rare: () => ({ workflow: "rare" }),
  task: (_, turn) => ({ task: `task-${turn % 5}` }),
  task_rare: () => ({ task: "rare" }),
  status: () => ({ status: "completed" }),
  status_failed: () => ({ status: "failed" }),
  worker: (_, turn) => ({ worker_id: `worker-${turn % 10}` }),
  worker_rare: () => ({ worker_id: "worker-rare" }),
  type: () => ({ type: "shell" }),
  type_rare: () => ({ type: "container" }),
  time: (_, turn) => ({ since: `${24 * (1 + (turn % 6))}h`, until: `${12 * (1 + (turn % 6))}h` }),
  duration: () => ({ min_duration: "2s" }),
  duration_rare: () => ({ min_duration: "1h" }),
  error: () => ({ error: "connection refused" }),
  error_rare: () => ({ error: "certificate" }),
  output: (count, turn) => ({ output: `rows=${20 * Math.floor(((turn * 102_946) % count) / 20) + 1}` }),
  several: (_, turn) => ({ workflow: `flow-${4 * (turn % 5)}`, status: "failed", error: "reset" }),
  nothing: () => ({ workflow: "no-such" }),
}

const turns = 40

const p95 = (times: readonly number[]): number => {
  const sorted = times.toSorted((one, other) => one - other)
  return round(sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN)
}

export type Searched = {
  readonly fill_us: number
  /** The 95th percentile of the first page, for each filter. */
  readonly p95_ms: Readonly<Record<string, number>>
}

/** Fills a store, and asks for the first page by each filter. */
export const measureSearch = async ({ given, settle }: Filled, count: number): Promise<Searched> => {
  const from_ms = performance.now()
  await fillHistory(given, count)
  const fill_us = round(((performance.now() - from_ms) * 1_000) / count, 1)
  await settle()
  const p95_ms: Record<string, number> = {}
  for (const [name, queryOf] of Object.entries(filters)) {
    const times: number[] = []
    for (let turn = 0; turn < turns; turn += 1) {
      const query = new URLSearchParams(queryOf(count, turn))
      const begun_ms = performance.now()
      const answer = await given.get(`executions?${query}`)
      const { items } = (await answer.json()) as { items: readonly unknown[] }
      times.push(performance.now() - begun_ms)
      const is_there = items.length > 0 || name === "nothing"
      if (answer.status !== 200 || !is_there) throw new Error(`nothing was found by ${query}`)
    }
    p95_ms[name] = p95(times)
  }
  return { fill_us, p95_ms }
}
