import { service } from "#kernel/service/service.ts"
import { ArtifactService } from "#proto/generated/wf/artifact/v1/artifact_pb.ts"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { keepArtifacts } from "./artifact/keep.ts"
import { claimFolder } from "./attempt/folders.ts"
import { type Runner, runAttempt } from "./attempt/run.ts"
import { countRunning } from "./attempt/running.ts"
import { createPump } from "./claim/pump.ts"
import { createSlots } from "./claim/slots.ts"
import { limitsFrom, workerConfig } from "./config.ts"
import { clearContainers } from "./container/clear.ts"
import { findTool } from "./container/tool.ts"
import { container } from "./executor/container.ts"
import { inlineExecutors } from "./executor/inline.ts"
import { script } from "./executor/script.ts"
import { shell } from "./executor/shell.ts"
import { createShipper } from "./log/shipper.ts"
import { resolveByDns } from "./outbound/call.ts"
import { createPolicy } from "./outbound/policy.ts"
import { clearCgroups, openCgroups } from "./process/cgroup.ts"
import { markedFamilies } from "./process/marked.ts"
import { startReaper } from "./process/reaper.ts"
import { workerRpc } from "./rpc.ts"

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
  calls: ["iam", "scheduler", "metadata", "artifact"],
  start: ({ call, kit, log }, config) => {
    const worker_id = kit.id()
    const { folder, gone, remove } = claimFolder(config.WF_WORKER_FOLDER, worker_id)
    clearCgroups(gone)
    const families = openCgroups(worker_id) ?? markedFamilies
    const reaper = startReaper({ cgroup: families.cgroup, folder })
    const tool = findTool(config.WF_WORKER_CONTAINERS)
    void clearContainers(tool, gone).catch((error) => log.warn({ event: "containers.not_cleared", error }))
    const ground = { reaper, families, limits: limitsFrom(config) }
    const policy = createPolicy({ allow: config.WF_WORKER_HTTP_ALLOW, only: config.WF_WORKER_HTTP_ONLY })
    const outbound = { policy, resolve: resolveByDns }
    const executors: Runner["executors"] = {
      shell: shell(ground),
      script: script(ground),
      container: container({ ...ground, worker_id, tool }),
      ...inlineExecutors({ ...kit, outbound }),
    }
    const shipper = createShipper({ metadata: call("metadata", MetadataService), log, now: kit.now })
    const slots = createSlots({ process: config.WF_WORKER_SLOTS, inline: config.WF_WORKER_INLINE_SLOTS })
    const runner = {
      executors,
      shipper,
      keepArtifacts: keepArtifacts(call("artifact", ArtifactService)),
      log,
      folder,
    }
    const running = countRunning((attempt, stop) => runAttempt(runner, attempt, stop))
    const { WF_WORKER_NAME: name, WF_WORKER_QUEUES: queues, WF_WORKER_LABELS: labels } = config
    const pump = createPump({
      scheduler: call("scheduler", SchedulerService),
      slots,
      ...{ name, queues, labels, log },
      id: kit.id,
      run: running.run,
    })
    return {
      rpc: workerRpc({ name, queues, labels, pump, slots, running }),
      loops: [{ name: "worker.pump", start: pump.start, stop: () => Promise.resolve() }],
      drain: async () => {
        await pump.drain(finish_ms)
        await shipper.flush(flush_ms)
        await reaper.stop()
        families.close()
        remove()
      },
    }
  },
})
