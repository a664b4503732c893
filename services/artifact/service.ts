import { service } from "#kernel/service/service.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { artifactConfig } from "./config.ts"
import { artifactHttp } from "./http.ts"
import { artifactLoops } from "./loops.ts"
import { artifactRpc } from "./rpc.ts"
import type { ArtifactStore } from "./store.ts"

export const artifact = service({
  name: "artifact",
  config: artifactConfig,
  needs: ["database", "blob"],
  calls: ["iam", "scheduler"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: (platform, config) => {
    const { database, blob, kit, log } = platform
    const scheduler = platform.call("scheduler", SchedulerService)
    const store: ArtifactStore = {
      ...{ database, blob, kit, log },
      max_bytes: config.WF_ARTIFACT_MAX_BYTES,
      max_keep_days: config.WF_KEEP_ARTIFACTS_DAYS,
      quota_bytes: config.WF_ARTIFACT_QUOTA_BYTES,
      checkRun: async (workspaceId, runId) => {
        await scheduler.getRun({ workspaceId, runId })
      },
      goneRuns: async (run_ids) => {
        const there = new Set((await scheduler.openRuns({ runIds: [...run_ids] })).known)
        return run_ids.filter((run_id) => !there.has(run_id))
      },
      originsOf: async (workspaceId, runId) => {
        const { origins } = await scheduler.listOrigins({ workspaceId, runId })
        return origins.map(({ runId: run_id, tasks }) => ({ run_id, tasks }))
      },
    }
    return {
      http: artifactHttp(store, { ...platform, service: "artifact" }),
      rpc: artifactRpc(store),
      // Whether it is there matters not, only that the store answers.
      ready: { blob: () => blob.open("ready").then(() => undefined) },
      loops: artifactLoops(store),
    }
  },
})
