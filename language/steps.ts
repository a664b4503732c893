import { defaults, type Plan, type PlanTask, usualRetries } from "./plan.ts"

/** A task without a definition around it: whatever is its own travels in the run's inputs. */
export type Step = {
  readonly name: string
  readonly type: string
  readonly max_retries?: number | null | undefined
}

/** The same for the same steps, whatever their payloads. `needs` are places of earlier steps. */
export const planSteps = (steps: readonly Step[], needsOf: (idx: number) => readonly number[]): Plan => {
  const names = uniqueNames(steps.map(({ name }) => name))
  const successors: number[][] = steps.map(() => [])
  const tasks = steps.map((step, idx): PlanTask => {
    const needs = [...needsOf(idx)].sort((one, other) => one - other)
    for (const need of needs) successors[need]?.push(idx)
    return {
      ...{ idx, name: names[idx] ?? "", uses: step.type, with: {}, env: {}, needs, reads: [] },
      successors: successors[idx] ?? [],
      ...{ when: "success", continue_on_error: false, timeout_ms: defaults.task_timeout_ms },
      retry: { ...defaults.retry, max_retries: usualRetries(step.max_retries) },
      ...{ queue: defaults.queue, priority: 0, outputs: [], artifacts: [] },
    }
  })
  const timeout_ms = defaults.run_timeout_ms
  return { ...{ workflow: "", timeout_ms, env: {}, files: [], inputs: {} }, payloads: true, tasks }
}

export const chain = (steps: readonly Step[]): Plan => planSteps(steps, (idx) => (idx === 0 ? [] : [idx - 1]))

/** A run knows its tasks by their names: a name that was there before gets a number. */
const uniqueNames = (names: readonly string[]): readonly string[] => {
  const given = new Set(names)
  if (given.size === names.length) return names
  const taken = new Set<string>()
  const counts = new Map<string, number>()
  return names.map((name) => {
    let unique = name
    for (let count = counts.get(name) ?? 1; taken.has(unique); count += 1) {
      const next = `${name} (${count + 1})`
      counts.set(name, count + 1)
      if (!given.has(next) && !taken.has(next)) unique = next
    }
    taken.add(unique)
    return unique
  })
}
