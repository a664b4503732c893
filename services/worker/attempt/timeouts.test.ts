import { expect, test } from "bun:test"
import { create } from "@bufbuild/protobuf"
import { createLateAbort } from "#kernel/service/late-abort.ts"
import { AttemptSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { createTimeouts } from "./timeouts.ts"

const aborted = (signal: AbortSignal) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)))

const attempt = create(AttemptSchema, { timeoutMs: 20n })

test("an attempt that takes too long is stopped, and told why", async () => {
  const stop = createLateAbort()
  createTimeouts().begin(attempt, stop)
  expect(await aborted(stop.signal)).toEqual({
    code: "task.timeout",
    message: "The attempt took longer than its timeout of 0.02 s.",
  })
})

test("one that has ended is left alone, in its first turn as later", async () => {
  const timeouts = createTimeouts()
  const [at_once, later, late] = [createLateAbort(), createLateAbort(), createLateAbort()]
  timeouts.end(timeouts.begin(attempt, at_once))
  const watched = timeouts.begin(attempt, later)
  timeouts.begin(attempt, late)
  await new Promise((resolve) => setImmediate(resolve))
  timeouts.end(watched)
  await aborted(late.signal)
  expect([at_once, later].map(({ signal }) => signal.aborted)).toEqual([false, false])
})
