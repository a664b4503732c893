import { service } from "#kernel/service/service.ts"
import { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { NotificationService } from "#proto/generated/wf/notification/v1/notification_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"
import { fetchFiles } from "./artifact/fetch.ts"
import { keepArtifacts } from "./artifact/keep.ts"
import { restoreOutputs } from "./artifact/restore.ts"
import { spillOutputs } from "./artifact/spill.ts"
import { claimFolder } from "./attempt/folders.ts"
import { runAttempt } from "./attempt/run.ts"
import { createTimeouts } from "./attempt/timeouts.ts"
import { createBundles } from "./bundle/fetch.ts"
import { unpackFiles } from "./bundle/unpack.ts"
import { createPump } from "./claim/pump.ts"
import { createSlots } from "./claim/slots.ts"
import { workerConfig } from "./config.ts"
import { createExecutors } from "./executor/executors.ts"
import { notifyBy } from "./executor/notify.ts"
import { createShipper } from "./log/shipper.ts"
import { workerRpc } from "./rpc.ts"
import { openGuard } from "./secret/guard.ts"

/**
 * How long running tasks may go on when the worker is told to stop; then they go back to their queue. With the grace
 * that a task has to end (5 s) it stays below the 10 s in which everything has to be over.
 */
const finish_ms = 1_500
const flush_ms = 2_000

export const worker = service({
  name: "worker",
  config: workerConfig,
  needs: [],
  calls: ["iam", "scheduler", "metadata", "artifact", "workflow", "notification"],
  start: ({ call, kit, log }, config) => {
    const worker_id = kit.id()
    const claimed = claimFolder(config.WF_WORKER_FOLDER, worker_id)
    const executors = createExecutors({
      ...{ config, kit, log, worker_id, claimed },
      tell: notifyBy(call("notification", NotificationService)),
    })
    const shipper = createShipper({ metadata: call("metadata", MetadataService), log, now: kit.now })
    const slots = createSlots({ process: config.WF_WORKER_SLOTS, inline: config.WF_WORKER_INLINE_SLOTS })
    const artifacts = call("artifact", ArtifactService)
    const workflows = call("workflow", WorkflowService)
    const runner = {
      executors: executors.by_type,
      shipper,
      keepArtifacts: keepArtifacts(artifacts),
      restore: restoreOutputs(artifacts),
      spill: spillOutputs(artifacts),
      openGuard: openGuard(workflows),
      unpack: unpackFiles(createBundles(workflows)),
      fetchFiles: fetchFiles(artifacts),
      timeouts: createTimeouts(),
      log,
      folder: claimed.folder,
      now: kit.now,
    }
    const { WF_WORKER_NAME: name, WF_WORKER_QUEUES: queues, WF_WORKER_LABELS: labels } = config
    const pump = createPump({
      scheduler: call("scheduler", SchedulerService),
      slots,
      ...{ name, queues, labels, types: executors.types, log },
      id: kit.id,
      run: (attempt, stop) => runAttempt(runner, attempt, stop),
    })
    return {
      rpc: workerRpc({ name, queues, labels, types: executors.types, pump, slots }),
      loops: [{ name: "worker.pump", start: pump.start, stop: () => Promise.resolve() }],
      drain: async () => {
        await pump.drain(finish_ms)
        await shipper.flush(flush_ms)
        await executors.close()
        claimed.remove()
      },
    }
  },
})
