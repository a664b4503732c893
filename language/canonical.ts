import { canonicalJson } from "./canonical-json.ts"
import { concurrencyOf } from "./concurrency.ts"
import { durationMs, durationText } from "./duration.ts"
import { defaults } from "./plan.ts"
import type { Definition, Input, Task } from "./schema.ts"
import { sha256 } from "./sha256.ts"
import { taskLimits } from "./task-limits.ts"
import { bareExpression } from "./template.ts"

/**
 * The text that a version's digest is taken of. Definitions that mean the same share it: keys are
 * sorted, defaults left out, durations and shorthands spelled one way. So a default must never
 * change its value, and a new field must mean the old behaviour when it is left out.
 */
const canonical = (definition: Definition, bundle: string | undefined): string => {
  const { name, description, timeout } = definition
  return canonicalJson({
    name,
    description: description || undefined,
    tags: sorted(definition.tags),
    files: sorted(definition.files),
    bundle,
    inputs: present(mapped(definition.inputs ?? {}, input)),
    env: environment(definition.env),
    secrets: sorted(definition.secrets),
    schedule: definition.schedule?.map(schedule),
    triggers: definition.triggers,
    concurrency: definition.concurrency && concurrencyOf(definition.concurrency),
    timeout: period(timeout, defaults.run_timeout_ms),
    tasks: mapped(definition.tasks, task),
    on_failure: present(mapped(definition.on_failure ?? {}, task)),
    finally: present(mapped(definition.finally ?? {}, task)),
    outputs: present(definition.outputs ?? {}),
  })
}

/** SHA-256 of the canonical text, in hex; `bundle` is the digest of what its files hold, where it has any. */
export const digest = (definition: Definition, bundle?: string): Promise<string> =>
  sha256(new TextEncoder().encode(canonical(definition, bundle)))

const input = (declared: Input) => ({
  ...declared,
  description: declared.description || undefined,
  required: declared.required || undefined,
})

const task = (given: Task) => {
  const inner = given.run === undefined ? given.with : { run: given.run }
  return {
    uses: given.uses ?? "shell",
    with: present(inner ?? {}),
    description: given.description || undefined,
    needs: sorted(given.needs),
    env: environment(given.env),
    if: given.if === undefined ? undefined : bareExpression(String(given.if))?.trim(),
    for_each: given.for_each,
    matrix: given.matrix,
    max_parallel: given.max_parallel,
    fail_fast: given.fail_fast || undefined,
    cache: given.cache && { key: given.cache.key, ttl: period(given.cache.ttl, defaults.cache_ttl_ms) },
    secrets: sorted(given.secrets),
    // A run of another workflow has no usual time.
    timeout: period(given.timeout, given.uses === "workflow" ? 0 : defaults.task_timeout_ms),
    queue_timeout: period(given.queue_timeout, 0),
    retries: given.retries && retries(given.retries),
    when: unless(given.when, "success"),
    on_worker_lost: unless(given.on_worker_lost, "retry"),
    continue_on_error: given.continue_on_error || undefined,
    // Declaring no outputs differs from declaring nothing about them.
    outputs: given.outputs && [...given.outputs].sort(),
    artifacts: sorted(given.artifacts),
    fetch: sorted(given.fetch),
    labels: given.labels && present(mapped(given.labels, String)),
    limits: present(taskLimits(given.limits ?? {})),
    queue: unless(given.queue, defaults.queue),
    priority: unless(given.priority, 0),
  }
}

const schedule = (given: NonNullable<Definition["schedule"]>[number]) => ({
  ...given,
  cron: given.cron.trim().replaceAll(/\s+/g, " "),
  timezone: unless(given.timezone, "UTC"),
  catch_up: unless(given.catch_up, "none"),
  window: period(given.window, defaults.catch_up_window_ms),
  overlap: unless(given.overlap, "allow"),
  jitter: period(given.jitter, 0),
})

const retries = (given: NonNullable<Task["retries"]>) => ({
  max_retries: unless(given.max_retries, defaults.retry.max_retries),
  initial: period(given.initial, defaults.retry.initial_ms),
  factor: unless(given.factor, defaults.retry.factor),
  max: period(given.max, defaults.retry.max_ms),
  jitter: unless(given.jitter, defaults.retry.jitter),
})

const unless = <Value>(value: Value, standard: Value): Value | undefined =>
  value === standard ? undefined : value

const period = (text: string | undefined, standard_ms: number): string | undefined => {
  const duration_ms = text === undefined ? standard_ms : (durationMs(text) ?? standard_ms)
  return duration_ms === standard_ms ? undefined : durationText(duration_ms)
}

const sorted = (values: readonly string[] | undefined): string[] | undefined =>
  values && values.length > 0 ? [...new Set(values)].sort() : undefined

const present = (mapping: object): object | undefined =>
  Object.keys(mapping).length > 0 ? mapping : undefined

const environment = (variables: Definition["env"]): object | undefined =>
  present(mapped(variables ?? {}, String))

const mapped = <Value, Result>(mapping: Readonly<Record<string, Value>>, change: (value: Value) => Result) =>
  Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value)]))
