import { type Concurrency, concurrencyOf } from "./concurrency.ts"
import { durationMs } from "./duration.ts"
import { topological } from "./graph.ts"
import { taskReads } from "./reads.ts"
import type { Definition, Task } from "./schema.ts"
import { type TaskLimits, taskLimits } from "./task-limits.ts"
import { readsItsNeeds } from "./task-types.ts"

export type RetryPolicy = {
  readonly max_retries: number
  readonly initial_ms: number
  readonly factor: number
  readonly max_ms: number
  /** Share of random spread to both sides. */
  readonly jitter: number
}

export type When = "success" | "failure" | "always"

export type PlanTask = {
  /** Place in `Plan.tasks`, and the task's number in a run. */
  readonly idx: number
  readonly name: string
  readonly uses: string
  readonly with: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string>>
  readonly needs: readonly number[]
  readonly successors: readonly number[]
  /** The tasks whose outputs or status its expressions read. */
  readonly reads: readonly number[]
  readonly when: When
  readonly continue_on_error: boolean
  readonly timeout_ms: number
  /** How long it may wait for a worker; any time, if absent. */
  readonly queue_timeout_ms?: number
  readonly retry: RetryPolicy
  readonly queue: string
  readonly priority: number
  readonly outputs: readonly string[]
  readonly artifacts: readonly string[]
  /** What its processes may use, if less than their worker allows. */
  readonly limits?: TaskLimits
}

/** All that the scheduler and the workers need of a version. JSON, and the same for equal definitions. */
export type Plan = {
  readonly workflow: string
  readonly timeout_ms: number
  readonly env: Readonly<Record<string, string>>
  readonly files: readonly string[]
  /** What a start may and must be given. */
  readonly inputs: NonNullable<Definition["inputs"]>
  /** Its key may have expressions, which a run's inputs fill in. */
  readonly concurrency?: Concurrency
  /** The run's inputs are a payload for each task, so that runs of the same steps share their plan. */
  readonly payloads?: true
  readonly tasks: readonly PlanTask[]
}

export const defaults = {
  task_timeout_ms: 86_400_000,
  run_timeout_ms: 30 * 86_400_000,
  queue: "default",
  retry: { max_retries: 3, initial_ms: 1_000, factor: 2, max_ms: 60_000, jitter: 0.1 },
} as const

/** Of jobs and steps, whoever asks: absent, 0 and less all mean the usual number. */
export const usualRetries = (max_retries: number | null | undefined): number =>
  (max_retries ?? 0) > 0 ? (max_retries ?? 0) : defaults.retry.max_retries

/** Takes a definition that was checked: a cycle or an unknown need here is a bug, and thrown. */
export const compile = (definition: Definition): Plan => {
  const graph = new Map(Object.entries(definition.tasks).map(([name, task]) => [name, task.needs ?? []]))
  const order = topological(graph)
  if (order.length !== graph.size) throw new Error("The definition was not checked: its graph is unsound.")
  const places = new Map(order.map((name, idx) => [name, idx]))
  const needs = order.map((name) => placed(graph.get(name) ?? [], places))
  const successors: number[][] = order.map(() => [])
  for (const [idx, places_of_needs] of needs.entries()) {
    for (const need of places_of_needs) successors[need]?.push(idx)
  }
  const tasks: PlanTask[] = []
  for (const [idx, name] of order.entries()) {
    const task = definition.tasks[name]
    if (!task) throw new Error("The definition was not checked: a task is missing.")
    const own = settings(task)
    const named = readPlaces([own.with, own.env, texts(definition.env)], places, idx)
    const needed = needs[idx] ?? []
    const reads = readsItsNeeds(own.uses) ? ascending([...named, ...needed]) : named
    tasks.push({ idx, name, ...own, needs: needed, successors: successors[idx] ?? [], reads })
  }
  return {
    workflow: definition.name,
    timeout_ms: milliseconds(definition.timeout, defaults.run_timeout_ms),
    env: texts(definition.env),
    files: definition.files ?? [],
    inputs: definition.inputs ?? {},
    ...(definition.concurrency && { concurrency: concurrencyOf(definition.concurrency) }),
    tasks,
  }
}

const placed = (names: readonly string[], places: ReadonlyMap<string, number>): number[] =>
  names.map((name) => places.get(name) ?? -1).sort((one, other) => one - other)

const ascending = (places: readonly number[]): number[] =>
  [...new Set(places)].sort((one, other) => one - other)

/** A computed name may be any task that comes before. */
const readPlaces = (value: unknown, places: ReadonlyMap<string, number>, idx: number): number[] => {
  const names = taskReads(value)
  if (names === undefined) return [...Array(idx).keys()]
  return placed([...names], places).filter((place) => place >= 0)
}

type Settings = Omit<PlanTask, "idx" | "name" | "needs" | "successors" | "reads">

const settings = (task: Task): Settings => ({
  uses: task.uses ?? "shell",
  with: task.run === undefined ? (task.with ?? {}) : { run: task.run },
  env: texts(task.env),
  when: task.when ?? "success",
  continue_on_error: task.continue_on_error ?? false,
  timeout_ms: milliseconds(task.timeout, defaults.task_timeout_ms),
  ...(task.queue_timeout !== undefined && { queue_timeout_ms: milliseconds(task.queue_timeout, 0) }),
  retry: retryPolicy(task.retries),
  queue: task.queue ?? defaults.queue,
  priority: task.priority ?? 0,
  outputs: task.outputs ?? [],
  artifacts: task.artifacts ?? [],
  ...(task.limits && { limits: taskLimits(task.limits) }),
})

/** Without `retries` a task is tried once. */
const retryPolicy = (retries: Task["retries"]): RetryPolicy => {
  if (!retries) return { ...defaults.retry, max_retries: 0 }
  return {
    max_retries: retries.max_retries ?? defaults.retry.max_retries,
    initial_ms: milliseconds(retries.initial, defaults.retry.initial_ms),
    factor: retries.factor ?? defaults.retry.factor,
    max_ms: milliseconds(retries.max, defaults.retry.max_ms),
    jitter: retries.jitter ?? defaults.retry.jitter,
  }
}

const milliseconds = (text: string | undefined, fallback_ms: number): number =>
  text === undefined ? fallback_ms : (durationMs(text) ?? fallback_ms)

const texts = (variables: Definition["env"]): Record<string, string> => {
  const result: Record<string, string> = {}
  for (const name of Object.keys(variables ?? {}).sort()) result[name] = String(variables?.[name])
  return result
}
