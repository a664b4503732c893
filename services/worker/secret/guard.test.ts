import { expect, test } from "bun:test"
import { create } from "@bufbuild/protobuf"
import { createClient, createRouterTransport } from "@connectrpc/connect"
import { AttemptSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"
import { openGuard } from "./guard.ts"

const attempt = create(AttemptSchema, { taskRunId: crypto.randomUUID(), token: 7n })

const guarded = async (values: Record<string, string>, missing: string[] = []) => {
  const lines: string[] = []
  const transport = createRouterTransport((router) =>
    router.service(WorkflowService, { giveSecrets: () => ({ values, missing }) }),
  )
  const open = openGuard(createClient(WorkflowService, transport))
  const guard = await open(attempt, async (stream, text) => void lines.push(`${stream} ${text}`))
  return { guard, lines }
}

test("a line, an output and a failure show nothing of a secret", async () => {
  const { guard, lines } = await guarded({ TOKEN: "s3cret-value" })
  if ("refused" in guard) throw new Error("refused")
  expect(guard.values).toEqual({ TOKEN: "s3cret-value" })
  const outcome = await guard.run(async () => {
    await guard.write("stdout", `token: s3cret-value, ${Buffer.from("ada:s3cret-value").toString("base64")}`)
    await guard.write("stderr", "ends with s3cret")
    await guard.write("stderr", "-value of the next line")
    return { ok: true, outputs: { token: "s3cret-value", at: [1] } }
  })
  expect(outcome).toEqual({ ok: true, outputs: { token: "***", at: [1] } })
  expect(lines[0]).toMatch(/^stdout token: \*\*\*, [\w+/=]+\*\*\*[\w+/=]*$/)
  expect(lines.slice(1)).toEqual(["stderr ends with s3cret", "stderr -value of the next line"])
  const failed = await guard.run(async () => ({
    ok: false,
    error: { code: "x", message: "at s3cret-value" },
  }))
  expect(failed).toMatchObject({ error: { message: "at ***" } })
  const broken = await guard.run(() => Promise.reject(new Error("spawn s3cret-value")))
  expect(broken).toMatchObject({
    ok: false,
    error: { message: "The worker could not run this task: spawn ***" },
  })
})

test("a secret that lies across the border of a cut line is masked; what is kept back comes in the end", async () => {
  const { guard, lines } = await guarded({ TOKEN: "s3cret-value" })
  if ("refused" in guard) throw new Error("refused")
  const long = "x".repeat(16_384 - 6)
  await guard.run(async () => {
    await guard.write("stdout", `${long}s3cret`)
    await guard.write("stdout", "-value goes on")
    await guard.write("stdout", `${long}s3cret`)
    return { ok: true, outputs: {} }
  })
  expect(lines).toEqual([`stdout ${long}`, "stdout *** goes on", `stdout ${long}`, "stdout s3cret"])
})

test("a secret that isn't set fails the task with what to do", async () => {
  const { guard } = await guarded({}, ["TOKEN", "OTHER"])
  expect(guard).toMatchObject({
    refused: {
      error: {
        code: "secret.not_found",
        message:
          "This task needs TOKEN, OTHER: `wf secrets set TOKEN`, `wf secrets set OTHER`, then run it again.",
      },
      non_retryable: true,
    },
  })
})
