import { durationText } from "#language/duration.ts"
import type { Each } from "#language/each.ts"
import { defaults, type Plan, type PlanTask } from "#language/plan.ts"

type Json = Record<string, unknown>

/** What is undefined is not there, as in a file. */
const present = (value: Json): Json =>
  Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined))

const period = (ms: number | null | undefined): string | undefined =>
  ms === null || ms === undefined ? undefined : durationText(ms)

const some = <Value>(values: readonly Value[]): readonly Value[] | undefined =>
  values.length > 0 ? values : undefined

const full = (mapping: object): object | undefined => (Object.keys(mapping).length > 0 ? mapping : undefined)

/** A definition that means what a plan says: nothing that a file holds may be lost on the way into a plan. */
export const decompile = (plan: Plan): Json => {
  const of = (section: PlanTask["section"]) =>
    full(
      Object.fromEntries(
        plan.tasks.filter((task) => task.section === section).map((task) => [task.name, taskOf(task, plan)]),
      ),
    )
  const secrets = new Set(plan.tasks.flatMap((task) => task.secrets ?? []))
  return present({
    name: plan.workflow,
    timeout: period(plan.timeout_ms),
    env: full(plan.env),
    files: some(plan.files),
    inputs: full(plan.inputs),
    secrets: some([...secrets]),
    concurrency: plan.concurrency,
    outputs: plan.outputs,
    tasks: of(undefined),
    on_failure: of("on_failure"),
    finally: of("finally"),
  })
}

const taskOf = (task: PlanTask, plan: Plan): Json => {
  const needs = task.needs.flatMap((idx) => {
    const need = plan.tasks[idx]
    return need && need.section === task.section ? [need.name] : []
  })
  const isRoot = task.section !== undefined && needs.length === 0
  const { retry } = task
  return present({
    uses: task.uses,
    with: task.wait ? waitOf(task.wait) : task.with,
    needs: some(needs),
    when: isRoot || task.section === "on_failure" ? undefined : task.when,
    if: task.if,
    ...(task.each && eachOf(task.each)),
    on_worker_lost: task.on_worker_lost,
    cache: task.cache && { key: task.cache.key, ttl: period(task.cache.ttl_ms) },
    secrets: task.secrets,
    continue_on_error: task.continue_on_error || undefined,
    outputs: some(task.outputs),
    ...(task.wait ? {} : workerSettings(task)),
    ...(task.wait?.for === "workflow" && task.wait.timeout_ms !== undefined
      ? { timeout: durationText(task.wait.timeout_ms) }
      : {}),
    retries: retry.max_retries === 0 ? undefined : retriesOf(retry),
  })
}

const limitsOf = (limits: NonNullable<PlanTask["limits"]>): Json => {
  const { max_memory_bytes, max_processes, max_open_files, max_output_bytes } = limits
  return present({
    memory: max_memory_bytes === undefined ? undefined : `${max_memory_bytes}B`,
    processes: max_processes,
    open_files: max_open_files,
    output: max_output_bytes === undefined ? undefined : `${max_output_bytes}B`,
  })
}

const workerSettings = (task: PlanTask): Json =>
  present({
    env: full(task.env),
    timeout: period(task.timeout_ms),
    queue_timeout: period(task.queue_timeout_ms),
    queue: task.queue,
    priority: task.priority,
    artifacts: some(task.artifacts),
    fetch: task.fetch,
    labels: task.labels,
    limits: task.limits && limitsOf(task.limits),
  })

const retriesOf = ({ max_retries, initial_ms, factor, max_ms, jitter }: PlanTask["retry"]): Json => ({
  max_retries,
  initial: durationText(initial_ms),
  factor,
  max: durationText(max_ms),
  jitter: jitter === defaults.retry.jitter ? undefined : jitter,
})

const eachOf = ({ kind, items, from, matrix, max_parallel, fail_fast }: Each): Json => {
  const pace = { max_parallel, fail_fast }
  if (kind === "for_each") return { for_each: items ?? from, ...pace }
  return { matrix: matrix ?? { include: items }, ...pace }
}

const waitOf = (wait: NonNullable<PlanTask["wait"]>): Json => {
  if (wait.for === "approval") {
    const { roles, people, approvals, message, timeout_ms, on_timeout, remind_before_ms } = wait
    return present({
      roles: some(roles),
      people: some(people),
      approvals,
      message,
      timeout: period(timeout_ms),
      on_timeout: timeout_ms === null ? undefined : on_timeout,
      remind_before: period(remind_before_ms),
    })
  }
  if (wait.for === "signal") {
    const { name, timeout_ms, on_timeout, schema } = wait
    return present({
      name,
      timeout: period(timeout_ms),
      on_timeout: timeout_ms === null ? undefined : on_timeout,
      schema: schema ?? undefined,
    })
  }
  if (wait.for === "workflow") {
    const { name, version, inputs, wait: waits } = wait
    return present({ name, version: version ?? undefined, inputs, wait: waits })
  }
  if ("until" in wait) return { until: wait.until }
  return { duration: "duration" in wait ? wait.duration : durationText(wait.duration_ms) }
}
