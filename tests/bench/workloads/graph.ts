import type { Run } from "../api.ts"
import { type Connection, openConnection } from "../load/connection.ts"
import { type Found, median, perItem, round } from "../measurement.ts"
import { metered } from "../processes.ts"
import type { Bench, Workload } from "../workload.ts"

const warm_runs = 2
const runs = 10
/** The most needs that a task may name. */
const max_needs = 1_000

const source = (
  name: string,
  tasks: readonly (readonly [task: string, needs: readonly string[]])[],
): string =>
  JSON.stringify({
    name,
    tasks: Object.fromEntries(tasks.map(([task, needs]) => [task, { uses: "noop", needs }])),
  })

const chain = (name: string, length: number): string =>
  source(
    name,
    Array.from({ length }, (_, index) => [`t${index}`, index === 0 ? [] : [`t${index - 1}`]] as const),
  )

/** A root, so many beside each other, and joins over all of them. */
const fan = (name: string, width: number): string => {
  const leaves = Array.from({ length: width }, (_, index) => `t${index}`)
  const joins = Array.from({ length: Math.ceil(width / max_needs) }, (_, index) => {
    const needs = leaves.slice(index * max_needs, (index + 1) * max_needs)
    return [`join${index}`, needs] as const
  })
  return source(name, [["root", []], ...leaves.map((leaf) => [leaf, ["root"]] as const), ...joins])
}

type Timed = { readonly wall_ms: number; readonly run_ms: number }

const runOnce = async (connection: Connection, workflow: string): Promise<Timed> => {
  const from_ms = performance.now()
  const body = JSON.stringify({ workflow, inputs: {} })
  const started = await connection.ask({ method: "POST", path: "/api/v1/runs", body })
  if (started.status !== 201) throw new Error(`a start was answered with ${started.status}: ${started.body}`)
  const path = `/api/v1/runs/${(JSON.parse(started.body) as Run).id}`
  await connection.ask({ method: "GET", path: `${path}/events` })
  const wall_ms = performance.now() - from_ms
  const { body: shown } = await connection.ask({ method: "GET", path })
  const { status, started_at, finished_at } = JSON.parse(shown) as Run
  if (status !== "completed") throw new Error(`a run of ${workflow} is ${status}`)
  return { wall_ms, run_ms: Date.parse(finished_at) - Date.parse(started_at) }
}

type Graph = { readonly name: string; readonly source: string; readonly tasks: number; readonly runs: number }

const measure = async (
  { api, target }: Bench,
  graph: Graph,
): Promise<Found & { readonly p50_ms: number }> => {
  await api.push(graph.source)
  const connection = await openConnection(target.url, target.token)
  for (let index = 0; index < Math.min(warm_runs, graph.runs); index += 1)
    await runOnce(connection, graph.name)
  const { answer: times, cpu } = await metered(target.pid, async () => {
    const found: Timed[] = []
    for (let index = 0; index < graph.runs; index += 1) found.push(await runOnce(connection, graph.name))
    return found
  })
  connection.close()
  const walls = times.map(({ wall_ms }) => wall_ms)
  const run_p50_ms = median(times.map(({ run_ms }) => run_ms))
  const details = {
    run_p50_ms,
    slowest_ms: round(Math.max(...walls)),
    ...perItem(cpu, graph.tasks * graph.runs),
  }
  return { p50_ms: median(walls), n: graph.runs, details }
}

const few = 100
/** With its root and joins within the 5,000 tasks that may be written. */
const many = 4_990

const costOfTasks = async (bench: Bench): Promise<Found> => {
  const small = { name: "bench-fan-100", source: fan("bench-fan-100", few), tasks: few, runs: 20 }
  const large = { name: "bench-fan-4990", source: fan("bench-fan-4990", many), tasks: many, runs: 3 }
  const small_ms = (await measure(bench, small)).p50_ms / few
  const large_ms = (await measure(bench, large)).p50_ms / many
  const ratio = round(large_ms / small_ms)
  return {
    n: 2,
    details: {
      ratio,
      small_us_a_task: round(small_ms * 1_000, 1),
      large_us_a_task: round(large_ms * 1_000, 1),
    },
  }
}

export const fanOut: Workload = {
  name: "fan-out-1000",
  about: "one run: fan-out over 1,000 no-op tasks and join",
  must: "140 ms",
  reach: "60 ms",
  run: (bench) =>
    measure(bench, { name: "bench-fan-1000", source: fan("bench-fan-1000", 1_000), tasks: 1_002, runs }),
}

export const chainOfTasks: Workload = {
  name: "chain-200",
  about: "one run: chain of 200 no-op tasks",
  must: "180 ms",
  reach: "85 ms",
  run: (bench) =>
    measure(bench, { name: "bench-chain-200", source: chain("bench-chain-200", 200), tasks: 200, runs }),
}

export const costPerTask: Workload = {
  name: "task-cost",
  about: "time for a task in a run of 4,990 against one of 100",
  must: "≤ 1.3×",
  reach: "–",
  run: costOfTasks,
}
