import { expect, test } from "bun:test"
import { NonRetryable, RetryLater } from "./errors.ts"
import { completed, failure, thrown } from "./outcome.ts"
import { createSession } from "./session.ts"

test("what a function answers becomes its task's outputs", () => {
  expect(completed({ a: 1, b: undefined }, [])).toEqual({ outcome: "completed", outputs: { a: 1 } })
  expect(completed(undefined, [])).toEqual({ outcome: "completed", outputs: {} })
  expect(completed(null, [])).toEqual({ outcome: "completed", outputs: {} })
  expect(completed([1, 2], [])).toEqual({ outcome: "completed", outputs: { result: [1, 2] } })
  expect(completed("done", [])).toEqual({ outcome: "completed", outputs: { result: "done" } })
  expect(completed({ key: "abcdef" }, ["abcdef"])).toMatchObject({ outputs: { key: "***" } })
})

test("what can't be an output fails for good", () => {
  const circle: Record<string, unknown> = {}
  circle.self = circle
  for (const value of [circle, 1n, { nul: "a\0b" }])
    expect(completed(value, [])).toMatchObject({ non_retryable: true, error: { code: "outputs.invalid" } })
  expect(completed("x".repeat(300_000), [])).toMatchObject({ error: { code: "outputs.too_large" } })
})

test("what a function throws is why its task failed, and whether to try again", () => {
  expect(thrown(new Error("no abcdef here"), ["abcdef"])).toEqual({
    ...{ outcome: "failed", non_retryable: false },
    error: { code: "function.failed", message: "no *** here" },
  })
  expect(thrown("only text", [])).toMatchObject({ error: { message: "only text" } })
  expect(thrown(Object.assign(new Error("gone"), { code: "mail.away" }), [])).toMatchObject({
    error: { code: "mail.away" },
  })
  expect(thrown(Object.assign(new Error("gone"), { code: "ECONNREFUSED" }), [])).toMatchObject({
    error: { code: "function.failed" },
  })
  expect(thrown(new NonRetryable("never"), [])).toMatchObject({ non_retryable: true })
  expect(thrown(new RetryLater("later", "30s"), [])).toMatchObject({ retry_after: "30s" })
  expect(thrown(new RetryLater("later", "soon"), [])).not.toHaveProperty("retry_after")
  expect(failure("x", `${"y".repeat(20_000)}\0`).error?.message).toHaveLength(10_000)
})

test("a worker names the newest claim of which every older one was answered", async () => {
  const session = createSession("worker", 5_000)
  const brought = (token: string) => ({ task_run_id: crypto.randomUUID(), token }) as never
  let bringOlder: (brought: readonly never[]) => void = () => undefined
  const older = new Promise<readonly never[]>((resolve) => {
    bringOlder = resolve
  })
  const claiming = session.claiming(
    () => older,
    (all) => all,
  )
  await session.claiming(
    () => Promise.resolve([brought("12")]),
    (all) => all,
  )
  expect(session.lastToken()).toBe("0")
  bringOlder([brought("9")])
  await claiming
  expect(session.lastToken()).toBe("12")
  expect(session.held().map(({ token }) => token)).toEqual(["12", "9"])
  for (const one of session.held()) session.settled(one)
  expect(session.held()).toEqual([])
})
