import { type Concurrency, concurrencyOf } from "./concurrency.ts"
import { type Construct, usesOf } from "./constructs.ts"
import { durationMs } from "./duration.ts"
import { type Each, eachOf } from "./each.ts"
import { topological } from "./graph.ts"
import { taskReads } from "./reads.ts"
import type { Definition, Task } from "./schema.ts"
import { type Entry, entriesIn, graphOf, needsOf, type Section } from "./sections.ts"
import { slotOf } from "./slots.ts"
import type { Pinned } from "./subworkflows.ts"
import { type TaskLimits, taskLimits } from "./task-limits.ts"
import { readsItsNeeds } from "./task-types.ts"
import { bareExpression } from "./template.ts"
import { readsTriggerIn } from "./trigger-reads.ts"
import { type Wait, waitOf } from "./wait.ts"

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
  /** The artifacts of its run that are put into its folder. */
  readonly fetch?: readonly string[]
  /** Only a worker that has all of these runs it. */
  readonly labels?: Readonly<Record<string, string>>
  /** The digest of the bundle that is unpacked in its folder. */
  readonly bundle?: string
  /** What its processes may use, if less than their worker allows. */
  readonly limits?: TaskLimits
  /** Absent for one of the workflow's ordinary tasks. */
  readonly section?: Exclude<Section, "tasks">
  /** One expression, without its `${{ }}`: decided once the needs allow the task, and before its items are known. */
  readonly if?: string
  /** The task is a template: it runs once for each of these. */
  readonly each?: Each
  readonly cache?: { readonly key: string; readonly ttl_ms: number }
  /** At most once: an attempt whose worker was lost is a failure that nothing mends. */
  readonly on_worker_lost?: "fail"
  /** The secrets that it is given. */
  readonly secrets?: readonly string[]
  /** No worker runs it: the engine waits. Its `with` is empty then. */
  readonly wait?: Wait
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
  /** What the run answers: templates, evaluated when all tasks have ended. */
  readonly outputs?: Readonly<Record<string, unknown>>
  /** Its expressions ask what began the run. */
  readonly reads_trigger?: true
  /** Of the workflows that its tasks run, and that those run in turn: set by a start. */
  readonly workflows?: Readonly<Record<string, Pinned>>
  /** What it takes to run this, as far as not every version of the engine has it. */
  readonly constructs?: readonly Construct[]
}

export const defaults = {
  task_timeout_ms: 86_400_000,
  run_timeout_ms: 30 * 86_400_000,
  cache_ttl_ms: 7 * 86_400_000,
  catch_up_window_ms: 86_400_000,
  queue: "default",
  retry: { max_retries: 3, initial_ms: 1_000, factor: 2, max_ms: 60_000, jitter: 0.1 },
} as const

/** Of jobs and steps, whoever asks: absent, 0 and less all mean the usual number. */
export const usualRetries = (max_retries: number | null | undefined): number =>
  (max_retries ?? 0) > 0 ? (max_retries ?? 0) : defaults.retry.max_retries

/**
 * Takes a definition that was checked: a cycle or an unknown need here is a bug, and thrown. `bundle` is the digest
 * of what the definition's files hold, which is known where they are kept.
 */
export const compile = (definition: Definition, bundle?: string): Plan => {
  const entries = new Map(entriesIn(definition).map((entry) => [entry.name, entry]))
  const graph = graphOf([...entries.values()])
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
    const entry = entries.get(name)
    if (!entry) throw new Error("The definition was not checked: a task is missing.")
    const own = { ...settings(entry), ...flow(entry), ...unpacked(entry.task, bundle) }
    const { with: given, env, wait, cache, each } = own
    const conditions = own.if === undefined ? [] : [`\${{${own.if}}}`]
    const named = readPlaces([given, env, texts(definition.env), wait, cache, each, conditions], places, idx)
    const needed = needs[idx] ?? []
    const reads = readsItsNeeds(own.uses) ? ascending([...named, ...needed]) : named
    tasks.push({ idx, name, ...own, needs: needed, successors: successors[idx] ?? [], reads })
  }
  const constructs = [...new Set(usesOf(definition).map(({ construct }) => construct))].sort()
  return {
    workflow: definition.name,
    timeout_ms: milliseconds(definition.timeout, defaults.run_timeout_ms),
    env: texts(definition.env),
    files: definition.files ?? [],
    inputs: definition.inputs ?? {},
    ...(definition.concurrency && { concurrency: concurrencyOf(definition.concurrency) }),
    tasks,
    ...(definition.outputs && { outputs: definition.outputs }),
    ...(readsTriggerIn(definition) && { reads_trigger: true }),
    ...(constructs.length > 0 && { constructs }),
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

const settings = ({ task }: Entry<Task>): Settings => ({
  uses: task.uses ?? "shell",
  with: withOf(task),
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
  ...(Object.keys(task.labels ?? {}).length > 0 && { labels: texts(task.labels) }),
  ...(Object.keys(task.limits ?? {}).length > 0 && { limits: taskLimits(task.limits ?? {}) }),
})

const withOf = (task: Task): PlanTask["with"] => {
  if (task.run !== undefined) return { run: task.run }
  return waitOf(task) ? {} : (task.with ?? {})
}

/** All that most tasks don't have, and that their plan then doesn't mention. */
const flow = ({ section, name, task }: Entry<Task>) => {
  const each = eachOf(task)
  const wait = waitOf(task, name)
  const condition = task.if === undefined ? undefined : bareExpression(String(task.if))
  return {
    ...(section !== "tasks" && { section }),
    ...(section !== "tasks" && needsOf(task).length === 0 && { when: rooted_when[section] }),
    ...(condition !== undefined && { if: condition.trim() }),
    ...(each && { each }),
    ...(task.cache && {
      cache: { key: task.cache.key, ttl_ms: milliseconds(task.cache.ttl, defaults.cache_ttl_ms) },
    }),
    ...(task.secrets && task.secrets.length > 0 && { secrets: [...new Set(task.secrets)].sort() }),
    ...(task.on_worker_lost === "fail" && { on_worker_lost: task.on_worker_lost }),
    ...(task.fetch && task.fetch.length > 0 && { fetch: [...new Set(task.fetch)].sort() }),
    ...(wait && { wait }),
  }
}

/** Only what has a folder has files in it. */
const unpacked = ({ uses = "shell" }: Task, bundle: string | undefined): Pick<PlanTask, "bundle"> =>
  bundle !== undefined && slotOf(uses) === "process" ? { bundle } : {}

const rooted_when = { on_failure: "failure", finally: "always" } as const

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
