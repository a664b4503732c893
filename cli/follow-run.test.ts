import { describe, expect, test } from "bun:test"
import { type Client, type LogLine, type Run, type RunEvent, WfProblem } from "#sdk/index.ts"
import { Failure, failureOf } from "./failure.ts"
import { followRun } from "./follow-run.ts"
import { capture } from "./testing/capture.ts"

type Story = {
  readonly end?: Partial<Run>
  readonly events?: AsyncIterable<RunEvent>
  readonly lines?: AsyncIterable<LogLine>
}

async function* told<Item>(...items: readonly unknown[]): AsyncGenerator<Item> {
  yield* items as readonly Item[]
}

const failing = <Item>(error: Error): AsyncIterable<Item> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
})

/** Never ends by itself, but at once when its reader leaves. */
async function* endless<Item>(signal: AbortSignal | undefined): AsyncGenerator<Item> {
  await new Promise((_, reject) => {
    const leave = () => reject(signal?.reason)
    if (signal?.aborted) leave()
    signal?.addEventListener("abort", leave)
  })
}

const started = { seq: 1, type: "task.started", task: "build", data: {} }

const clientOf = ({ end = {}, events, lines }: Story): Client =>
  ({
    runs: {
      watch: (_: string, { signal }: { signal?: AbortSignal }) => events ?? endless(signal),
      logs: () => lines ?? told(),
      get: async () => ({ id: "r", workflow: "w", status: "completed", reason: null, tasks: [], ...end }),
    },
  }) as unknown as Client

const following = (story: Story, more: { json?: boolean; logs?: boolean; timeout_ms?: number } = {}) => ({
  client: clientOf(story),
  run_id: "r",
  json: more.json ?? false,
  logs: more.logs ?? false,
  plain: false,
  timeout_ms: more.timeout_ms,
})

test.each([
  ["completed", null, 0],
  ["failed", null, 1],
  ["failed", "timeout", 124],
  ["cancelled", null, 3],
])("a run that is %s for the reason %p ends with %d", async (status, reason, code) => {
  const end = { status, reason } as Partial<Run>
  expect(await followRun(following({ end, events: told(started) }), capture())).toBe(code)
})

test("changes come as lines, and the outcome is the last one", async () => {
  const io = capture()
  await followRun(following({ events: told(started) }), io)
  expect(io.printed[0]).toBe("▶ build started")
  expect(io.printed.at(-1)).toContain("w completed")
})

test("as JSON there is one event a line, and the run is the last one", async () => {
  const io = capture()
  await followRun(following({ events: told(started) }, { json: true }), io)
  expect(io.printed.map((line) => JSON.parse(line))).toMatchObject([
    started,
    { id: "r", status: "completed" },
  ])
})

test("a log that can't be had does not hide the outcome", async () => {
  const io = capture()
  const lines = failing<LogLine>(new Error("no archive"))
  const end = { status: "failed" } as Partial<Run>
  expect(await followRun(following({ end, events: told(started), lines }, { logs: true }), io)).toBe(1)
  expect(io.noted).toEqual(["(log lines are missing: no archive)"])
})

test("a log that hasn't heard of the run yet is late", async () => {
  const io = capture()
  const lines = failing<LogLine>(new WfProblem({ status: 404, code: "run.not_found", title: "No such run" }))
  expect(await followRun(following({ events: told(started), lines }, { logs: true }), io)).toBe(0)
  expect(io.noted).toEqual(["(log lines are late: `wf logs r` shows them)"])
})

test("lines that come later than the end are not passed over in silence", async () => {
  const io = capture()
  const lines = endless<LogLine>(undefined)
  const late = { ...following({ events: told(started), lines }, { logs: true }), last_lines_ms: 10 }
  expect(await followRun(late, io)).toBe(0)
  expect(io.noted).toEqual(["(log lines are late: `wf logs r` shows them)"])
})

describe("leaving", () => {
  const left = (promise: Promise<number>) => promise.catch((error: unknown) => failureOf(error))

  test("after the time that was given ends with 124, and says that the run goes on", async () => {
    const failure = (await left(followRun(following({}, { timeout_ms: 20 }), capture()))) as Failure
    expect(failure).toBeInstanceOf(Failure)
    expect(failure.exit_code).toBe(124)
    expect(failure.message).toContain("The run goes on; `wf watch r`")
  })

  test("by Ctrl-C ends with 130", async () => {
    const interrupt = new AbortController()
    const followed = left(followRun(following({}), capture({ signal: interrupt.signal })))
    interrupt.abort()
    expect(await followed).toMatchObject({ exit_code: 130 })
  })

  test("by a Ctrl-C that came before ends too", async () => {
    const followed = left(followRun(following({}), capture({ signal: AbortSignal.abort() })))
    expect(await followed).toMatchObject({ exit_code: 130 })
  })
})

test("a refusal ends it with the refusal's code", async () => {
  const refusal = new WfProblem({ status: 404, code: "run.not_found", title: "There is no such run" })
  const events = failing<RunEvent>(refusal)
  const failure = await followRun(following({ events }), capture()).catch((error: unknown) =>
    failureOf(error),
  )
  expect(failure).toMatchObject({ exit_code: 5 })
})
