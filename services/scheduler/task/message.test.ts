import { expect, test } from "bun:test"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import { givenAttempt } from "#language/given-attempt.ts"
import { AttemptSchema, ReportedSchema, ResultSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { attemptOfJob } from "./attempt.ts"
import { attemptAtHand, attemptMessage, reportedMessage, settlementOf } from "./message.ts"
import { writtenOutputs, writtenUsage } from "./written.ts"

const attempt = attemptOfJob(
  {
    ...{ id: crypto.randomUUID(), workspace_id: crypto.randomUUID(), type: "http", attempt: 2 },
    ...{
      payload: { url: "http://127.0.0.1" },
      queue: "slow",
      priority: 3,
      settings: null,
      traceparent: null,
    },
  },
  "17",
)

test("a worker in the same process is given what one elsewhere reads", () => {
  const message = attemptMessage(attempt)
  const sent = fromBinary(AttemptSchema, toBinary(AttemptSchema, message))
  expect(sent).toEqual(create(AttemptSchema, message))
  expect(givenAttempt(sent)).toEqual(givenAttempt(attemptAtHand(attempt)))
  expect(givenAttempt(sent)).toEqual({ task: attempt.plan_task, context: attempt.context })
})

test("a verdict is told of its attempt, and one that nobody gave is stale", () => {
  const result = create(ResultSchema, { taskRunId: "one", token: 17n })
  const told = reportedMessage(result, { verdict: "accepted" })
  expect(fromBinary(ReportedSchema, toBinary(ReportedSchema, told))).toEqual(
    create(ReportedSchema, { taskRunId: "one", token: 17n, verdict: "accepted" }),
  )
  expect(reportedMessage(result, undefined).verdict).toBe("stale")
})

test("what a worker has written is kept as it is", () => {
  const about = { taskRunId: "one", token: 17n, outcome: "completed" }
  const result = create(ResultSchema, { ...about, outputsJson: '{"rows":3}', usageJson: '{"exit_code":0}' })
  const settlement = settlementOf(result)
  expect(settlement).toMatchObject({ token: "17", outputs: { rows: 3 }, usage: { exit_code: 0 } })
  expect([writtenOutputs(settlement), writtenUsage(settlement)]).toEqual(['{"rows":3}', '{"exit_code":0}'])
  const silent = settlementOf(create(ResultSchema, about))
  expect([writtenOutputs(silent), writtenUsage(silent)]).toEqual([null, null])
})
