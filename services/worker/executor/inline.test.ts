import { describe, expect, test } from "bun:test"
import { resolveByDns } from "#kernel/outbound/call.ts"
import { createPolicy } from "#kernel/outbound/policy.ts"
import { until } from "#kernel/testing/until.ts"
import type { InlineType } from "#language/slots.ts"
import type { Execution, LogStream, Outcome } from "./executor.ts"
import { inlineExecutors } from "./inline.ts"

const settings = { allow: "WF_ALLOW", only: "WF_ONLY" }

const outbound = { policy: createPolicy({ settings, allow: [], only: [] }), resolve: resolveByDns }

/** A job tells nobody but its log. */
const tell = () => Promise.reject(new Error("a job was to tell somebody"))

type Given = { readonly signal?: AbortSignal; readonly random?: () => number; readonly log?: string[] }

const run = (type: InlineType, payload: unknown, given: Given = {}): Promise<Outcome> => {
  const { signal = new AbortController().signal, random = () => 0.5, log = [] } = given
  const execution = {
    ...{ run_id: "", task_run_id: "one", attempt: 1, context: {}, folder: "", signal },
    task: { with: payload },
    write: async (stream: LogStream, text: string) => void log.push(`${stream} ${text}`),
  } as unknown as Execution
  return inlineExecutors({ random, now: () => new Date(0), outbound, tell })[type](execution)
}

const ok = (outputs: Record<string, unknown>): Outcome => ({ ok: true, outputs })

const stop = { code: "task.cancelled", message: "The task is not wanted any more." }

test("noop and default complete, whatever they are given", async () => {
  expect(await run("noop", { any: "thing" })).toEqual(ok({}))
  expect(await run("default", { any: "thing" })).toEqual(ok({ ok: true }))
})

test("those that read their payload refuse one that is no object, and take none at all for an empty one", async () => {
  const types = ["compute", "sleep", "flaky", "transform", "notify"] as const
  for (const payload of [[1], "text", 7, false]) {
    const all = await Promise.all(types.map((type) => run(type, payload)))
    for (const outcome of all) {
      expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "payload.invalid" } })
    }
    expect(await run("noop", payload)).toEqual(ok({}))
  }
  expect(await run("transform", null)).toEqual(ok({ data: null }))
})

describe("compute", () => {
  test("does as many iterations as it is asked for, and the same ones give the same", async () => {
    const [one, two, other] = await Promise.all(
      [5_000, 5_000, 5_001].map((iterations) => run("compute", { iterations })),
    )
    expect(one).toEqual(ok({ iterations: 5_000, hash: expect.stringMatching(/^[0-9a-f]+$/) }))
    expect(two).toEqual(one as Outcome)
    expect(other).not.toEqual(one as Outcome)
    expect(await run("compute", { iterations: 0 })).toMatchObject({ ok: true })
    expect(await run("compute", {})).toMatchObject({ outputs: { iterations: 100_000 } })
  })

  test("lets others have their turn, and ends when it is stopped", async () => {
    const stopping = new AbortController()
    let turns = 0
    const others = setInterval(() => {
      turns += 1
      if (turns === 3) stopping.abort(stop)
    }, 1)
    const outcome = await run("compute", { iterations: 1_000_000_000 }, { signal: stopping.signal })
    clearInterval(others)
    expect(outcome).toEqual({ ok: false, error: stop })
  })
})

describe("sleep", () => {
  test("completes after its time", async () => {
    const began_ms = performance.now()
    expect(await run("sleep", { ms: 20 })).toEqual(ok({ slept_ms: 20 }))
    expect(performance.now() - began_ms).toBeGreaterThanOrEqual(19)
  })

  test("ends when it is stopped, also before it began", async () => {
    const stopping = new AbortController()
    let ended = false
    const sleeping = run("sleep", { ms: 60_000 }, { signal: stopping.signal }).finally(() => {
      ended = true
    })
    stopping.abort(stop)
    await until("it ends", () => ended)
    expect(await sleeping).toEqual({ ok: false, error: stop })
    expect(await run("sleep", { ms: 60_000 }, { signal: AbortSignal.abort(stop) })).toEqual({
      ok: false,
      error: stop,
    })
  })
})

test("flaky fails as often as it is asked to, and may be tried again", async () => {
  const outcomes = await Promise.all(
    [0, 0.29, 0.3, 0.99].map((chance) => run("flaky", { failure_rate: 0.3 }, { random: () => chance })),
  )
  expect(outcomes.map(({ ok: good }) => good)).toEqual([false, false, true, true])
  expect(outcomes[0]).toMatchObject({ error: { code: "flaky.failed" } })
  expect(outcomes[0]).not.toHaveProperty("non_retryable")
  expect((await run("flaky", { failure_rate: 0 }, { random: () => 0 })).ok).toBe(true)
  expect((await run("flaky", { failure_rate: 1 }, { random: () => 0.999 })).ok).toBe(false)
})

test("notify writes its message to the log, line by line", async () => {
  const log: string[] = []
  expect(await run("notify", { message: "one\ntwo", to: "ada" }, { log })).toEqual(ok({ ok: true }))
  expect(log).toEqual(["stdout one", "stdout two"])
})

describe("transform", () => {
  const rows = [
    { name: "b", age: 2 },
    { name: "a", age: 1 },
  ]

  test.each<[unknown, unknown[], unknown]>([
    [{ any: ["thing", 1] }, [], { any: ["thing", 1] }],
    ["Ünï", ["uppercase"], "ÜNÏ"],
    [
      [" A ", { b: " C" }, 3],
      ["trim", "lowercase"],
      ["a", { b: "c" }, 3],
    ],
    ["ab😀", ["reverse"], "😀ba"],
    [
      [10, 9, 1],
      ["sort", "reverse"],
      [10, 9, 1],
    ],
    [
      ["b", "a", "b"],
      ["unique", "sort"],
      ["a", "b"],
    ],
    [rows, [{ pick: ["name"] }, "sort"], [{ name: "a" }, { name: "b" }]],
    [rows, [{ omit: ["name"] }, "count"], 2],
    [{ a: 1, b: 2 }, ["count"], 2],
    [5, ["uppercase", "reverse", "sort", { pick: ["a"] }], 5],
    [JSON.parse('{"__proto__":{"a":"b"}}'), ["uppercase"], JSON.parse('{"__proto__":{"a":"B"}}')],
  ])("makes of %j by %j what it says: %j", async (data, operations, result) => {
    const outcome = await run("transform", { data, operations })
    expect(JSON.stringify(outcome)).toBe(JSON.stringify(ok({ data: result })))
  })

  test("without data has nothing to say", async () => {
    expect(await run("transform", {})).toEqual(ok({ data: null }))
  })

  test("refuses a result that is too large to be kept", async () => {
    const outcome = await run("transform", { data: "x".repeat(300_000) })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "outputs.too_large" } })
  })
})

test.each<[InlineType, unknown, string]>([
  ["compute", { iterations: -1 }, "iterations"],
  ["compute", { iterations: 1e12 }, "iterations"],
  ["compute", { iterations: "many" }, "iterations"],
  ["sleep", {}, "ms"],
  ["sleep", { ms: -1 }, "ms"],
  ["sleep", { ms: 1e15 }, "ms"],
  ["flaky", { failure_rate: 2 }, "failure_rate"],
  ["flaky", {}, "failure_rate"],
  ["notify", { message: 5 }, "message"],
  ["notify", {}, "message"],
  ["transform", { data: 1, operations: ["explode"] }, "operations.0"],
  ["transform", { data: 1, operations: "sort" }, "operations"],
])("%s refuses %j and names the field, and isn't tried again", async (type, payload, field) => {
  expect(await run(type, payload)).toEqual({
    ok: false,
    non_retryable: true,
    error: { code: "payload.invalid", message: expect.stringContaining(`${field}: `) },
  })
})
