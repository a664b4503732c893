import { compile, defaults, type Plan, type When } from "#language/plan.ts"
import { jobId } from "#language/run-id.ts"
import type { Definition } from "#language/schema.ts"
import { slotOf } from "#language/slots.ts"
import type { Chance } from "./chance.ts"
import type { NewJob } from "./store/operations.ts"

export const queues = ["default", "fast", "slow"] as const
export const workspaces = ["0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000002"]

const types = ["noop", "noop", "shell"] as const

/** What the workspaces' own workers are written for. */
export const remoteTypes = ["convert", "resize"] as const
const conditions: readonly When[] = ["success", "success", "success", "failure", "always"]

type Tasks = Definition["tasks"]

/** Known beforehand, or only in the run; none, or what is no list. */
const lists = [
  [],
  ["a"],
  ["a", "b", "c"],
  ["a", "b", "c", "d", "e"],
  "${{ [1, 2, 3, 4] }}",
  "${{ inputs.none }}",
]

const randomItems = (chance: Chance, needs: readonly string[]) => {
  const [need] = needs
  const known =
    chance.happens(0.3) && need ? `\${{ [tasks.${need}.status, tasks.${need}.outputs] }}` : chance.pick(lists)
  return {
    ...(chance.happens(0.3)
      ? { matrix: { one: [1, 2], other: ["x", "y"], exclude: [{ one: 1, other: "x" }] } }
      : { for_each: known }),
    ...(chance.happens(0.5) ? { max_parallel: chance.between(1, 3) } : {}),
    ...(chance.happens(0.4) ? { fail_fast: true } : {}),
  }
}

/** What the engine waits for by itself, and for how long; somebody mostly answers in time. */
const randomWait = (chance: Chance): Pick<Tasks[string], "uses" | "with"> => {
  const timeout = `${chance.between(1, 20)}s`
  const kind = chance.pick(["sleep", "sleep", "signal", "approval"] as const)
  if (kind === "sleep") return { uses: "sleep", with: { duration: `${chance.between(0, 8_000)}ms` } }
  if (kind === "signal") {
    const on_timeout = chance.pick(["fail", "continue"] as const)
    const name = chance.pick(["s0", "s1"])
    return { uses: "signal", with: chance.happens(0.5) ? { name } : { name, timeout, on_timeout } }
  }
  const asked = { roles: ["operator"], approvals: chance.between(1, 2) }
  const limit = { timeout, remind_before: "500ms", on_timeout: chance.pick(["reject", "approve"]) }
  return { uses: "approval", with: chance.happens(0.4) ? asked : { ...asked, ...limit } }
}

/** One that is told by what came before; and one that can't be told. */
const randomIf = (chance: Chance, needs: readonly string[]): string => {
  if (needs.length > 0 && chance.happens(0.6)) {
    return `tasks.${chance.pick(needs)}.status ${chance.pick(["==", "!="])} 'completed'`
  }
  return chance.pick(["true", "false", "false", "tasks['none'].outputs.x == 1"])
}

const randomUse = (chance: Chance): Pick<Tasks[string], "uses" | "with" | "labels" | "on_worker_lost"> => ({
  ...(chance.happens(0.15)
    ? { uses: "function", with: { name: chance.pick(remoteTypes) } }
    : { uses: chance.pick(types), ...(chance.happens(0.1) && { labels: { zone: "a" } }) }),
  ...(chance.happens(0.15) && { on_worker_lost: "fail" }),
})

/** What handles failures, and what is done at last however all ended. */
const randomEnd = (chance: Chance): Pick<Definition, "on_failure" | "finally"> => {
  if (!chance.happens(0.25)) return {}
  const one = (needs: readonly string[]) => ({
    ...(chance.happens(0.15) ? randomWait(chance) : randomUse(chance)),
    ...(needs.length > 0 && { needs: [...needs] }),
    ...(chance.happens(0.2) ? randomItems(chance, []) : {}),
  })
  return {
    ...(chance.happens(0.4) && { on_failure: { h0: one([]), h1: one(chance.happens(0.5) ? ["h0"] : []) } }),
    finally: { f0: one([]), f1: one(chance.happens(0.6) ? ["f0"] : []), f2: one(["f1"]) },
  }
}

/** Some share results, and of one the key can't be told. */
const cacheOf = (index: number): Pick<Tasks[string], "cache"> =>
  index % 3 === 1 ? { cache: { key: index === 7 ? "${{ inputs.none }}" : "shared" } } : {}

/** A random graph: wide, deep or in between, with every condition, policy and queue. */
export const randomPlan = (chance: Chance): Plan => {
  const count = chance.happens(0.2) ? 1 : chance.between(2, 9)
  const density = chance.random() * 0.7
  const [waits, conditions_share] = chance.happens(0.25)
    ? [chance.random() * 0.6, chance.random() * 0.5]
    : [0, 0]
  const tasks: Tasks = {}
  for (let index = 0; index < count; index++) {
    const needs = Object.keys(tasks)
      .filter(() => chance.happens(density))
      .slice(-4)
    if (needs.length === 0 && index > 0 && chance.happens(0.5)) needs.push(`t${index - 1}`)
    const own = {
      ...{ needs, when: chance.pick(conditions), continue_on_error: chance.happens(0.15) },
      ...(conditions_share > 0 && chance.happens(conditions_share) && { if: randomIf(chance, needs) }),
    }
    if (waits > 0 && chance.happens(waits)) {
      tasks[`t${index}`] = {
        ...{ ...own, ...randomWait(chance) },
        ...(chance.happens(0.25) ? randomItems(chance, needs) : {}),
      }
      continue
    }
    tasks[`t${index}`] = {
      ...own,
      ...randomUse(chance),
      queue: chance.happens(0.7) ? "default" : chance.pick(queues),
      priority: chance.between(0, 2),
      ...(chance.happens(0.25) ? randomItems(chance, needs) : {}),
      ...(waits > 0 && cacheOf(index)),
      ...(chance.happens(0.6)
        ? { retries: { max_retries: chance.between(0, 3), initial: "500ms", max: "2s" } }
        : {}),
    }
  }
  const timeout = chance.happens(0.15) ? { timeout: `${chance.between(2, 30)}s` } : {}
  return compile({ name: "sim", tasks, ...timeout, ...randomEnd(chance) })
}

/** Now and then with tasks that run another graph, which may do so in turn. */
export const randomWhole = (chance: Chance): Plan => {
  const plan = randomPlan(chance)
  if (!chance.happens(0.3)) return plan
  const inner = withParts(chance, randomPlan(chance), {})
  return withParts(chance, plan, { part: { workflow: "part", version: 1, plan: inner } })
}

/** What it names and isn't there can't begin. */
const withParts = (chance: Chance, plan: Plan, workflows: NonNullable<Plan["workflows"]>): Plan => {
  const names = [...Object.keys(workflows), "leaf"]
  const leaf = { workflow: "leaf", version: 2, plan: randomPlan(chance) }
  const tasks = plan.tasks.map((task) => {
    if (task.wait || !chance.happens(task.each ? 0.15 : 0.4)) return task
    const timeout = chance.happens(0.3) ? { timeout_ms: chance.between(500, 20_000) } : {}
    const wait = {
      for: "workflow",
      version: null,
      inputs: {},
      wait: true,
      ...timeout,
    } as const
    // Only what a worker does has a result to take over.
    const { cache: _, ...rest } = task
    return { ...rest, uses: "workflow", wait: { ...wait, name: chance.pick(names) } }
  })
  return { ...plan, tasks, workflows: { ...workflows, leaf } }
}

export const randomJob = (chance: Chance, id: string): NewJob => {
  const type = chance.happens(0.15) ? chance.pick(remoteTypes) : chance.pick(types)
  const retry = { ...defaults.retry, max_retries: chance.between(0, 3), initial_ms: 400, max_ms: 3_000 }
  const queue_timeout_ms = chance.happens(0.15) ? chance.between(500, 20_000) : null
  return {
    delay_ms: chance.happens(0.3) ? chance.between(100, 15_000) : 0,
    task: {
      ...{
        id: jobId(id),
        run_id: null,
        idx: 0,
        item: null,
        workspace_id: chance.pick(workspaces),
        task: type,
        type,
      },
      ...{ queue: chance.pick(queues), slot: slotOf(type), priority: chance.between(0, 2) },
      ...{
        max_retries: retry.max_retries,
        gate_key: null,
        traceparent: null,
        status: "queued",
        reason: null,
      },
      ...{ token: null, attempt: 0, lost: 0, returned: 0, cancel: false, needs_left: 0, needs_bad: 0 },
      ...{
        // Whatever waits here has waited long enough for its timer.
        age_s: 1e9,
        payload: {},
        outputs: null,
        reused_from: null,
        wait: null,
        queued_ms: 0,
        settings: { timeout_ms: 60_000, retry, queue_timeout_ms },
      },
    },
  }
}
