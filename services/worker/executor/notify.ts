import type { Client } from "@connectrpc/connect"
import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"
import { patiently } from "#kernel/rpc/patiently.ts"
import { notifyType } from "#language/tasks/notify.ts"
import type { NotificationService } from "#proto/generated/wf/notification/v1/notification_pb.ts"
import { declaredEnvironment } from "../process/environment.ts"
import type { Execution, Executor } from "./executor.ts"
import { filledPayloadOf, payloadOf, withExpressions } from "./payload.ts"

const max_message_chars = 65_536

const jobSchema = z.looseObject({ message: z.string().min(1).max(max_message_chars) })

/** A job's message is for its log; it never leaves the machine. */
const log: Executor = async (execution) => {
  const given = payloadOf(jobSchema, execution)
  if (!given.ok) return given
  for (const line of given.payload.message.split("\n")) await execution.write("stdout", line)
  return { ok: true, outputs: { ok: true } }
}

type Payload = z.infer<typeof notifyType.notify>

/** Has somebody told, and answers the ids of the deliveries once they are kept. */
export type Notify = (execution: Execution, payload: Payload) => Promise<readonly string[]>

export const notifyBy =
  ({ notify: ask }: Pick<Client<typeof NotificationService>, "notify">): Notify =>
  async ({ workspace_id, run_id, task_run_id, attempt, task, context }, payload) => {
    const { channel, to, subject = "", message = "", data } = payload
    const answer = await patiently(() =>
      ask({
        ...{ workspaceId: workspace_id, runId: run_id, taskRunId: task_run_id, attempt },
        ...{
          workflow: context.run?.workflow ?? "",
          task: task.name,
          channel,
          to: [to].flat(),
          subject,
          message,
        },
        dataJson: data === undefined ? "" : JSON.stringify(data),
      }),
    )
    return answer.deliveryIds
  }

/** Tasks of type `notify`: done once the platform has it. What becomes of it from there `wf deliveries list` shows. */
const send =
  (tell: Notify): Executor =>
  async (execution) => {
    const given = await withExpressions(() =>
      filledPayloadOf(notifyType.notify, execution, declaredEnvironment(execution)),
    )
    if (!given.ok) return given
    try {
      const delivery_ids = await tell(execution, given.payload)
      const { channel } = given.payload
      await execution.write("system", `to be delivered by ${channel}: ${delivery_ids.join(", ")}`)
      return { ok: true, outputs: { delivery_ids } }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return {
        ok: false,
        error: { code: error.code, message: error.message },
        non_retryable: error.status < 500 && error.status !== 429,
      }
    }
  }

export const notify = (tell: Notify): Executor => {
  const own = send(tell)
  return (execution) => ((execution.context.run?.version ?? 0) === 0 ? log(execution) : own(execution))
}
