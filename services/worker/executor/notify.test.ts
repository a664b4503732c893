import { expect, test } from "bun:test"
import { Problem } from "#kernel/problem/problem.ts"
import type { Task } from "#language/schema.ts"
import { given } from "../given.ts"
import { type Notify, notify, notifyBy } from "./notify.ts"

const worker = given.ground()

const ran = (tell: Notify, settings: object) =>
  worker.run(notify(tell), { uses: "notify", with: settings } as Task, {
    context: {
      tasks: {},
      run: { id: "run", workflow: "nightly", version: 3 },
      inputs: { who: "ada@example.test" },
    },
  })

test("a task has its recipients told, with its expressions filled in, and who has asked", async () => {
  const asked: object[] = []
  const client = {
    notify: async (message: object) => {
      asked.push(message)
      return { deliveryIds: ["one"] }
    },
  } as unknown as Parameters<typeof notifyBy>[0]
  const settings = {
    channel: "email",
    to: "${{ inputs.who }}",
    subject: "${{ run.workflow }} failed",
    data: { n: 1 },
  }
  const { outcome, lines } = await ran(notifyBy(client), settings)
  expect(outcome).toEqual({ ok: true, outputs: { delivery_ids: ["one"] } })
  expect(asked).toEqual([
    {
      ...{
        workspaceId: "workspace",
        runId: "run",
        taskRunId: expect.any(String),
        attempt: 1,
        workflow: "nightly",
      },
      ...{ task: "only", channel: "email", to: ["ada@example.test"], subject: "nightly failed", message: "" },
      dataJson: '{"n":1}',
    },
  ])
  expect(lines.map(([, text]) => text)).toEqual(["to be delivered by email: one"])
})

test.each([
  ["notification.no_recipient", true],
  ["mail.not_set", true],
  ["platform.unavailable", false],
] as const)("%s fails the task, for good: %p", async (code, non_retryable) => {
  const { outcome } = await ran(() => Promise.reject(new Problem(code)), {
    channel: "in_app",
    to: "x",
    message: "hi",
  })
  expect(outcome).toMatchObject({ ok: false, error: { code }, non_retryable })
})

test("what is no recipient once it is filled in is refused before anybody is asked", async () => {
  const tell = () => Promise.reject(new Error("somebody was asked"))
  const { outcome } = await ran(tell, { channel: "email", to: "${{ inputs.nobody }}", message: "hi" })
  expect(outcome.ok).toBe(false)
})
