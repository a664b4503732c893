import { onlyFor } from "#kernel/rpc/callers.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import { NotificationService } from "#proto/generated/wf/notification/v1/notification_pb.ts"
import type { Office } from "./office.ts"
import { notifyByTask } from "./task/notify.ts"

/** For workers alone, which are believed about whose tasks they run. */
export const notificationRpc = (office: Office): Routes => {
  const notify = notifyByTask(office)
  return (router) =>
    router.service(NotificationService, {
      async notify(message, context) {
        onlyFor(context, "worker")
        const { workspaceId: workspace_id, runId: run_id, taskRunId: task_run_id, attempt } = message
        const { workflow, task, channel, to, subject, message: text, dataJson: data_json } = message
        const wanted = { workspace_id, run_id, task_run_id, attempt, workflow, task, channel, to }
        return { deliveryIds: [...(await notify({ ...wanted, subject, message: text, data_json }))] }
      },
    })
}
