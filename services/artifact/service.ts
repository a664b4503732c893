import { loop } from "#kernel/service/loop.ts"
import { service } from "#kernel/service/service.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { sweepArtifacts } from "./artifact/sweep.ts"
import { artifactConfig } from "./config.ts"
import { artifactHttp } from "./http.ts"
import { artifactRpc } from "./rpc.ts"
import type { ArtifactStore } from "./store.ts"

const sweep_ms = 60_000

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
      checkRun: async (workspaceId, runId) => {
        await scheduler.getRun({ workspaceId, runId })
      },
    }
    return {
      http: artifactHttp(store, { ...platform, service: "artifact" }),
      rpc: artifactRpc(store),
      // Whether it is there matters not, only that the store answers.
      ready: { blob: () => blob.open("ready").then(() => undefined) },
      loops: [loop({ name: "artifact.sweep", round: sweepArtifacts(store), idle_ms: sweep_ms, log })],
    }
  },
})
