import { z } from "zod"
import { durationMs } from "../duration.ts"
import { fragmentSchema } from "../fragment.ts"
import { limits } from "../limits.ts"
import { roles } from "../roles.ts"
import {
  duration,
  fieldName,
  orExpression,
  positiveDuration,
  someText,
  text,
  workflowName,
} from "../words.ts"

const people = (what: string) =>
  z
    .array(someText(what, 320))
    .min(1, `name at least one`)
    .max(limits.max_approvers, `there are at most ${limits.max_approvers}`)

type Approval = {
  readonly roles?: readonly string[] | undefined
  readonly people?: readonly string[] | undefined
  readonly approvals?: number | undefined
  readonly timeout?: string | undefined
  readonly remind_before?: string | undefined
  readonly on_timeout?: string | undefined
}

const enough = ({ roles, people: named, approvals = 1 }: Approval): boolean =>
  roles !== undefined || named === undefined || approvals <= new Set(named).size

const remindsInTime = ({ timeout, remind_before }: Approval): boolean =>
  remind_before === undefined ||
  (timeout !== undefined && (durationMs(remind_before) ?? 0) < (durationMs(timeout) ?? 0))

const approval = z
  .strictObject({
    roles: z
      .array(z.enum(roles))
      .min(1, "name at least one")
      .max(roles.length)
      .optional()
      .describe("Members with one of these roles may decide."),
    people: people("a person").optional().describe("Addresses of members who may decide."),
    approvals: z
      .int()
      .min(1)
      .max(limits.max_approvers)
      .optional()
      .describe("How many must agree; 1 when left out."),
    message: text(2_000).optional().describe("What is asked, for those who decide."),
    timeout: positiveDuration("a timeout")
      .optional()
      .describe("How long it waits; as long as the run when left out."),
    on_timeout: z.enum(["reject", "approve"]).optional().describe("reject when left out."),
    remind_before: positiveDuration("a reminder")
      .optional()
      .describe("A reminder so long before the timeout."),
  })
  .refine(
    (given) => given.roles !== undefined || given.people !== undefined,
    "name who may decide: `roles` or `people`",
  )
  .refine(enough, { path: ["approvals"], message: "there are fewer `people` than `approvals`" })
  .refine(remindsInTime, {
    path: ["remind_before"],
    message: "a reminder comes before the `timeout`, so that must be there and longer",
  })
  .refine(({ on_timeout, timeout }) => on_timeout === undefined || timeout !== undefined, {
    path: ["on_timeout"],
    message: "`on_timeout` needs a `timeout`",
  })

const until = someText("the time", 500).refine(
  (given) => given.includes("${{") || !Number.isNaN(Date.parse(given)),
  "a time is written like 2026-01-31T09:00:00Z",
)

/** What nobody works on: the engine waits for people, time, signals or other runs. */
export const waitTypes = {
  approval: approval.describe("Waits for people to decide."),
  signal: z
    .strictObject({
      name: fieldName.optional().describe("What the signal is called; as the task, when left out."),
      timeout: positiveDuration("a timeout").optional(),
      on_timeout: z.enum(["fail", "continue"]).optional().describe("fail when left out."),
      schema: fragmentSchema.optional().describe("JSON Schema of the signal's data."),
    })
    .refine(({ on_timeout, timeout }) => on_timeout === undefined || timeout !== undefined, {
      path: ["on_timeout"],
      message: "`on_timeout` needs a `timeout`",
    })
    .describe("Waits for a signal from outside; its data are the outputs."),
  sleep: z
    .strictObject({
      duration: orExpression(duration, "a duration like 10m").optional(),
      until: until.optional().describe("A time, or an expression that yields one; the past is now."),
    })
    .refine(
      (given) => (given.duration === undefined) !== (given.until === undefined),
      "a sleep has `duration` or `until`",
    )
    .describe("Waits for time to pass, without a worker."),
  workflow: z
    .strictObject({
      name: workflowName,
      version: z.int().min(1).optional().describe("The latest at that time, when left out."),
      inputs: z.record(fieldName, z.json()).optional(),
      wait: z
        .boolean()
        .optional()
        .describe("Whether to wait for its end and take over its outputs; true when left out."),
    })
    .describe("A run of another workflow."),
} as const
