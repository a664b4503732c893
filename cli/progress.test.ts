import { describe, expect, test } from "bun:test"
import type { Run, RunEvent, TaskRun } from "#sdk/index.ts"
import { eventLine, summaryLines } from "./progress.ts"
import { capture } from "./testing/capture.ts"

const plain = capture()

const event = (type: string, more: Partial<RunEvent> = {}): RunEvent => ({
  ...{
    seq: 1,
    type,
    run_id: "r",
    task: "build",
    status: "running",
    at: "2026-03-01T12:00:00.000Z",
    data: {},
  },
  ...more,
})

describe("a change", () => {
  test.each([
    ["task.started", "▶ build started"],
    ["task.completed", "✓ build completed"],
    ["task.failed", "✗ build failed"],
    ["task.retrying", "↻ build failed, will be tried again"],
    ["task.skipped", "– build skipped"],
    ["task.cancelled", "– build cancelled"],
  ])("%s is one line", (type, line) => expect(eventLine(plain, event(type))).toBe(line))

  test("of a task that waits says for what", () => {
    const data = { for: "approval", roles: ["admin"], message: "Ship it?" }
    expect(eventLine(plain, event("task.waiting", { data }))).toBe(
      "… build waits for approval by admin: Ship it?",
    )
    expect(eventLine(plain, event("task.reminded", { data }))).toBe(
      "… build still waits for approval by admin: Ship it?",
    )
  })

  test("tells which attempt it was, from the second on, and what went wrong", () => {
    const data = { attempt: 2, error: { message: "exit code 3" } }
    expect(eventLine(plain, event("task.failed", { data }))).toBe("✗ build failed (attempt 2): exit code 3")
  })

  test("tells of a result that was there already", () => {
    const data = { attempt: 0, reused_from: "0198c0de-0000-7000-8000-000000000001" }
    expect(eventLine(plain, event("task.completed", { data }))).toBe("✓ build completed (cached)")
  })

  test("of the run itself, or of a kind from a later version, is no line", () => {
    expect(eventLine(plain, event("workflow.completed", { task: null }))).toBeUndefined()
    expect(eventLine(plain, event("task.dreaming"))).toBeUndefined()
  })

  test("can't move the cursor, whatever its task and error are called", () => {
    const data = { error: { message: "a\nb\u001b[2J" } }
    const line = eventLine(plain, event("task.failed", { task: "x\u001b]0;t\u0007\r\ny", data }))
    expect(line).toBe("✗ x y failed: a b")
  })
})

test("the end tells the outcome, how long it took, and each failure", () => {
  const task = (name: string, status: string, message?: string) =>
    ({ task: name, status, error: message ? { code: "c", message } : null }) as TaskRun
  const run = {
    ...{ id: "r1", workflow: "nightly", status: "failed", reason: null },
    ...{ started_at: "2026-03-01T12:00:00.000Z", finished_at: "2026-03-01T12:00:02.500Z" },
    tasks: [task("a", "completed"), task("b", "failed", "exit\u001b[2J code 3"), task("c", "skipped")],
  } as unknown as Run
  expect(summaryLines(plain, run)).toEqual([
    "✗ nightly failed in 2.5s (1/3 tasks, run r1)",
    "  b: exit code 3",
  ])
})

test("a run that goes on has no end, nor a time that it took", () => {
  const run = {
    ...{ id: "r1", workflow: "nightly", status: "running", reason: null, tasks: [] },
    ...{ started_at: "2026-03-01T12:00:00.000Z", finished_at: null },
  } as unknown as Run
  expect(summaryLines(plain, run)).toEqual(["… nightly running (0/0 tasks, run r1)"])
})

test("the end tells what the run answers, or why it can't", () => {
  const run = {
    ...{ id: "r1", workflow: "nightly", status: "completed", reason: null, tasks: [] },
    ...{ started_at: "2026-03-01T12:00:00.000Z", finished_at: "2026-03-01T12:00:02.500Z" },
    outputs: { rows: 7, files: ["a", "b"], "na\u001b[2Jme": "two\nlines", long: "x".repeat(300) },
  } as unknown as Run
  expect(summaryLines(plain, run)).toEqual([
    "✓ nightly completed in 2.5s (0/0 tasks, run r1)",
    "  rows = 7",
    '  files = ["a","b"]',
    "  name = two lines",
    `  long = ${"x".repeat(200)}…`,
  ])
  const reason = "outputs.invalid: `rows`: no such key"
  const failed: Run = { ...run, status: "failed", reason, outputs: null }
  expect(summaryLines(plain, failed).at(-1)).toBe("  outputs.invalid: `rows`: no such key")
})
