import { describe, expect, test } from "bun:test"
import {
  advance,
  afterFailure,
  begin,
  type Counter,
  countsAsFailure,
  type Outcome,
  runOutcome,
} from "./decide.ts"
import { compile, defaults, type Plan } from "./plan.ts"
import type { Task } from "./schema.ts"
import { randomFrom } from "./testing/random.ts"

const planOf = (tasks: Record<string, Task>): Plan => compile({ name: "flow", tasks })

type Fates = Readonly<Record<string, "completed" | "failed">>

/** Runs a plan by the decisions, ending what is open in an order that `random` chooses. */
const play = (plan: Plan, fates: Fates, random: () => number = () => 0) => {
  const start = begin(plan)
  const counters = new Map<number, Counter>(start.counters)
  const outcomes = new Map<number, Outcome>()
  const open = [...start.release]
  const end = (idx: number, outcome: Outcome) => {
    expect(outcomes.has(idx)).toBe(false)
    outcomes.set(idx, outcome)
  }
  for (const idx of start.skip) end(idx, "skipped")
  while (open.length > 0) {
    const batch = open.splice(Math.floor(random() * open.length), 1 + Math.floor(random() * 3))
    const ended = batch.map((idx) => ({ idx, outcome: fates[plan.tasks[idx]?.name ?? ""] ?? "completed" }))
    for (const { idx, outcome } of ended) end(idx, outcome)
    const next = advance(plan, ended, (idx) => counters.get(idx) ?? { needs_left: -1, needs_bad: -1 })
    for (const [idx, counter] of next.counters) counters.set(idx, counter)
    for (const idx of next.skip) end(idx, "skipped")
    open.push(...next.release)
  }
  return Object.fromEntries(plan.tasks.map(({ idx, name }) => [name, outcomes.get(idx) ?? "never"]))
}

/** The rules as README.md states them, asked recursively and without counters. */
const reference = (tasks: Readonly<Record<string, Task>>, fates: Fates): Record<string, Outcome> => {
  const known = new Map<string, Outcome>()
  const outcomeOf = (name: string): Outcome => {
    const before = known.get(name)
    if (before) return before
    const task = tasks[name] ?? {}
    const bad = (task.needs ?? []).filter((need) => {
      const outcome = outcomeOf(need)
      if (outcome === "failed") return !tasks[need]?.continue_on_error
      return outcome === "skipped" && (tasks[need]?.when ?? "success") === "success"
    })
    const when = task.when ?? "success"
    const runs =
      when === "always" || (when === "success" && bad.length === 0) || (when === "failure" && bad.length > 0)
    const outcome = runs ? (fates[name] ?? "completed") : "skipped"
    known.set(name, outcome)
    return outcome
  }
  for (const name of Object.keys(tasks)) outcomeOf(name)
  return Object.fromEntries(known)
}

const randomDag = (random: () => number) => {
  const tasks: Record<string, Task> = {}
  const fates: Record<string, "completed" | "failed"> = {}
  const count = 1 + Math.floor(random() * 30)
  const density = random()
  for (let index = 0; index < count; index++) {
    const needs = Object.keys(tasks).filter(() => random() < density * 0.4)
    const when = (["success", "success", "failure", "always"] as const)[Math.floor(random() * 4)] ?? "success"
    tasks[`t${index}`] = { uses: "noop", needs, when, continue_on_error: random() < 0.2 }
    fates[`t${index}`] = random() < 0.3 ? "failed" : "completed"
  }
  return { tasks, fates }
}

const section = (names: readonly string[], random: () => number): Record<string, Task> => {
  const tasks: Record<string, Task> = {}
  for (const name of names) {
    tasks[name] = { uses: "noop", needs: Object.keys(tasks).filter(() => random() < 0.4) }
  }
  return tasks
}

/** Every task that comes before another, directly or not. */
const comesBefore = (plan: Plan): readonly ReadonlySet<number>[] => {
  const before: Set<number>[] = []
  for (const { needs } of plan.tasks) {
    before.push(new Set(needs.flatMap((need) => [need, ...(before[need] ?? [])])))
  }
  return before
}

describe("tasks after all the others", () => {
  test("on_failure runs if a task has failed, finally in any case, and neither before the rest has ended", () => {
    for (let seed = 1; seed <= 500; seed++) {
      const random = randomFrom(seed)
      const { tasks, fates } = randomDag(random)
      for (const task of Object.values(tasks)) if (task.needs?.length === 0) task.when = "success"
      const on_failure = section(["h0", "h1", "h2"], random)
      const plan = compile({ name: "flow", tasks, on_failure, finally: section(["f0", "f1"], random) })
      const outcomes = play(plan, fates, random)
      const failed = Object.keys(tasks).some(
        (name) => outcomes[name] === "failed" && !tasks[name]?.continue_on_error,
      )
      const { h0, h1, h2, f0, f1 } = outcomes
      const handled = failed ? "completed" : "skipped"
      expect({ seed, ends: [h0, h1, h2, f0, f1] }).toEqual({
        seed,
        ends: [handled, handled, handled, "completed", "completed"],
      })
      const before = comesBefore(plan)
      const main = plan.tasks.filter((task) => task.section === undefined)
      for (const task of plan.tasks.filter((one) => one.section !== undefined)) {
        expect(main.every(({ idx }) => before[task.idx]?.has(idx))).toBe(true)
      }
    }
  })

  test("on_failure goes no further than its own failure", () => {
    const on_failure = { tell: { uses: "noop" }, ticket: { uses: "noop", needs: ["tell"] } }
    const plan = compile({
      name: "flow",
      tasks: { a: { uses: "noop" } },
      on_failure,
      finally: { end: { uses: "noop" } },
    })
    expect(play(plan, { a: "failed", tell: "failed" })).toEqual({
      a: "failed",
      tell: "failed",
      ticket: "skipped",
      end: "completed",
    })
  })
})

describe("which tasks run", () => {
  test("agrees with the plain rules on random graphs, in any order of ending", () => {
    for (let seed = 1; seed <= 2_000; seed++) {
      const random = randomFrom(seed)
      const { tasks, fates } = randomDag(random)
      const expected = reference(tasks, fates)
      expect({ seed, outcomes: play(planOf(tasks), fates, random) }).toEqual({ seed, outcomes: expected })
    }
  })

  test("a failure skips what needs it, all the way down, and runs its failure tasks", () => {
    const plan = planOf({
      a: { uses: "noop" },
      b: { uses: "noop", needs: ["a"] },
      c: { uses: "noop", needs: ["b"] },
      alert: { uses: "noop", needs: ["c"], when: "failure" },
      clean: { uses: "noop", needs: ["c"], when: "always" },
    })
    expect(play(plan, { a: "failed" })).toEqual({
      a: "failed",
      b: "skipped",
      c: "skipped",
      alert: "completed",
      clean: "completed",
    })
  })

  test("a failure task that wasn't needed alarms nobody and stops nobody", () => {
    const plan = planOf({
      a: { uses: "noop" },
      alert: { uses: "noop", needs: ["a"], when: "failure" },
      escalate: { uses: "noop", needs: ["alert"], when: "failure" },
      next: { uses: "noop", needs: ["alert"] },
    })
    expect(play(plan, {})).toEqual({
      a: "completed",
      alert: "skipped",
      escalate: "skipped",
      next: "completed",
    })
  })

  test("a failure that is continued on counts as good", () => {
    const plan = planOf({ a: { uses: "noop", continue_on_error: true }, b: { uses: "noop", needs: ["a"] } })
    expect(play(plan, { a: "failed" })).toEqual({ a: "failed", b: "completed" })
  })

  test("a cancelled need is a bad one", () => {
    const plan = planOf({ a: { uses: "noop" }, b: { uses: "noop", needs: ["a"] } })
    const next = advance(plan, [{ idx: 0, outcome: "cancelled" }], () => ({ needs_left: 1, needs_bad: 0 }))
    expect(next).toEqual({
      release: [],
      skip: [1],
      counters: new Map([[1, { needs_left: 0, needs_bad: 1 }]]),
    })
  })

  test("a skip runs down a chain of 5,000 at once", () => {
    const tasks: Record<string, Task> = { t0: { uses: "noop" } }
    for (let index = 1; index < 5_000; index++)
      tasks[`t${index}`] = { uses: "noop", needs: [`t${index - 1}`] }
    const next = advance(planOf(tasks), [{ idx: 0, outcome: "failed" }], () => ({
      needs_left: 1,
      needs_bad: 0,
    }))
    expect(next.skip.length).toBe(4_999)
  })
})

describe("after a failed attempt", () => {
  const policy = { ...defaults.retry, max_retries: 8 }
  const after = (attempt: number, random: number) =>
    afterFailure({ attempt, non_retryable: false }, policy, () => random)

  test("the waits double from 1 s up to 60 s", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8].map((attempt) => after(attempt, 0.5))
    expect(delays.map((decision) => (decision.move === "retry" ? decision.delay_ms : -1))).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ])
  })

  test("the jitter spreads by a tenth to both sides", () => {
    expect(after(1, 0)).toEqual({ move: "retry", delay_ms: 900 })
    expect(after(1, 0.999_999)).toEqual({ move: "retry", delay_ms: 1_100 })
  })

  test("max_retries: 2 means three tries", () => {
    const moves = [1, 2, 3].map((attempt) => {
      const failed = { attempt, non_retryable: false }
      return afterFailure(failed, { ...policy, max_retries: 2 }, () => 0.5).move
    })
    expect(moves).toEqual(["retry", "retry", "fail"])
  })

  test("what can't be mended isn't tried again", () => {
    expect(afterFailure({ attempt: 1, non_retryable: true }, policy, () => 0.5)).toEqual({ move: "fail" })
  })
})

describe("a run", () => {
  const quiet = { cancelled: false, timed_out: false, failures: 0 }

  test("fails by a task's failure, and by that only", () => {
    expect(runOutcome({ ...quiet, failures: 1 })).toEqual({ status: "failed", reason: "task_failed" })
    expect(runOutcome(quiet)).toEqual({ status: "completed", reason: null })
    expect(countsAsFailure({ continue_on_error: false }, "failed")).toBe(true)
    expect(countsAsFailure({ continue_on_error: true }, "failed")).toBe(false)
    expect(countsAsFailure({ continue_on_error: false }, "skipped")).toBe(false)
  })

  test("that was cancelled is cancelled, and one that timed out has failed", () => {
    expect(runOutcome({ ...quiet, cancelled: true, failures: 1 })).toEqual({
      status: "cancelled",
      reason: null,
    })
    expect(runOutcome({ cancelled: true, timed_out: true, failures: 0 })).toEqual({
      status: "failed",
      reason: "timeout",
    })
  })
})
