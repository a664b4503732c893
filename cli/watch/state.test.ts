import { describe, expect, test } from "bun:test"
import type { Run, RunEvent } from "#sdk/index.ts"
import { answerTo } from "./keys.ts"
import { screenOf } from "./rows.ts"
import { countsOf, firstState, itemsOf, ownTasks, reduce, type WatchState } from "./state.ts"

const run = {
  id: "r",
  workflow: "w",
  version: 1,
  status: "running",
  reason: null,
  tasks: [],
} as unknown as Run

const planned = [
  { name: "make", needs: [] },
  { name: "shard", needs: ["make"] },
  { name: "sign", needs: ["make"] },
]

const at = (second: number) => new Date(1_000_000 + second * 1_000).toISOString()

const told = (
  type: string,
  task: string | null,
  more: { status?: string; second?: number; data?: Record<string, unknown> } = {},
): RunEvent => ({
  ...{ seq: 1, type, run_id: "r", task, status: more.status ?? null },
  ...{ at: at(more.second ?? 0), data: more.data ?? {} },
})

const after = (...events: readonly RunEvent[]): WatchState =>
  reduce(firstState(run, planned, false), { kind: "events", events })

const frame = { now_ms: 1_000_000 + 10_000, columns: 80, rows: 24 }

const textOf = (state: WatchState) =>
  screenOf(state, frame).map(({ segments }) =>
    segments
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  )

describe("what is known of a run", () => {
  test("comes from its events, whatever they say first", () => {
    const state = after(
      told("workflow.started", null, { status: "running" }),
      told("task.started", "make", { status: "running", second: 1, data: { attempt: 1 } }),
      told("task.retrying", "make", {
        status: "retrying",
        second: 2,
        data: { error: { message: "no net" } },
      }),
      told("task.started", "make", { status: "running", second: 3, data: { attempt: 2 } }),
      told("task.completed", "make", { status: "completed", second: 5 }),
    )
    expect(state.tasks.get("make")).toMatchObject({ status: "completed", attempt: 2, error: undefined })
    expect(textOf(state)).toContain("✓ make       2.0s  attempt 2")
    expect(countsOf(ownTasks(state))).toEqual({ all: 3, over: 1, running: 0, failed: 0, waiting: 0 })
  })

  test("has items below their task, which is what they are", () => {
    const state = after(
      ...[0, 1, 2].map((item) => told("task.started", `shard[${item}]`, { status: "running", second: 1 })),
      told("task.failed", "shard[1]", {
        status: "failed",
        second: 2,
        data: { error: { message: "exit 1" } },
      }),
    )
    expect(itemsOf(state, "shard").map(({ name }) => name)).toEqual(["shard[0]", "shard[1]", "shard[2]"])
    expect(textOf(state).find((line) => line.includes("shard"))).toContain("1/3 items, 2 running, 1 failed")
    expect(state.opened.has("shard[1]")).toBe(true)
  })

  test("has tasks that its workflow doesn't know, too", () => {
    const state = after(told("task.started", "later", { status: "running" }))
    expect(state.places.at(-1)).toEqual({ name: "later", depth: 0 })
  })
})

describe("a key", () => {
  const waiting = after(
    told("task.completed", "make", { status: "completed" }),
    told("task.waiting", "sign", { status: "waiting", data: { for: "approval", roles: ["admin"] } }),
  )

  test("approves the one thing that waits, and says so if there is none", () => {
    expect(answerTo(waiting, "a")).toEqual({ deed: { deed: "approve", task: "sign" } })
    expect(answerTo(after(), "x")).toEqual({ look: { said: "Nothing waits for an approval." } })
  })

  test("of two that wait takes the one that is chosen", () => {
    const both = reduce(waiting, {
      kind: "events",
      events: [told("task.waiting", "shard", { status: "waiting", data: { for: "approval", roles: [] } })],
    })
    expect(answerTo(both, "a")).toEqual({ look: { said: "Nothing waits for an approval." } })
    const chosen = reduce(both, { kind: "look", look: { selected: "shard", is_chosen: true } })
    expect(answerTo(chosen, "x")).toEqual({ deed: { deed: "reject", task: "shard" } })
  })

  test("cancels only when it is said twice, and never what has ended", () => {
    const asked = reduce(waiting, { kind: "look", look: answerTo(waiting, "c").look ?? {} })
    expect(answerTo(asked, "n")).toEqual({ look: { asked: undefined } })
    expect(answerTo(asked, "y").deed).toEqual({ deed: "cancel" })
    const ended = after(told("workflow.completed", null, { status: "failed" }))
    expect(answerTo(ended, "c")).toEqual({})
    expect(answerTo(ended, "r")).toEqual({ deed: { deed: "rerun_failed" } })
  })

  test("that means nothing does nothing", () => {
    for (const key of ["z", "ctrl a", "tab", ""]) expect(answerTo(waiting, key)).toEqual({})
  })
})

test("the screen is never larger than the terminal, and its last line says what can be done", () => {
  const many = Array.from({ length: 300 }, (_, index) => ({ name: `t${index}`, needs: [] }))
  const state = firstState(run, many, false)
  for (const rows of [1, 2, 3, 4, 5, 10, 24, 400]) {
    expect(screenOf(state, { ...frame, rows })).toHaveLength(rows)
  }
  expect(textOf(state).at(-1)).toContain("q leave")
  expect(textOf(state).at(-2)).toBe("  … 281 below")
})
