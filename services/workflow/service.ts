import { service } from "#kernel/service/service.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { workflowConfig } from "./config.ts"
import { workflowConsumers } from "./consume.ts"
import { databaseNow } from "./fire/clock.ts"
import { workflowHttp } from "./http.ts"
import { bundleLoop, listeningLoop, triggerLoop, workflowLoops } from "./loops.ts"
import { workflowRpc } from "./rpc.ts"
import { archivedWorkspaces } from "./run/archived.ts"
import { createContents } from "./run/contents.ts"
import { createVault } from "./secret/vault.ts"
import { listenFor } from "./trigger/listen.ts"
import { createHookTokens } from "./trigger/token.ts"

export const workflow = service({
  name: "workflow",
  config: workflowConfig,
  needs: ["database", "blob"],
  calls: ["iam", "scheduler"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: async (platform, config) => {
    const { database, blob, kit, log, call } = platform
    const scheduler = call("scheduler", SchedulerService)
    const vault = createVault(platform.key, kit)
    const tokens = createHookTokens(platform.key)
    const isArchived = archivedWorkspaces(call("iam", IamService))
    const starting = { database, kit, scheduler, contents: createContents(), isArchived }
    const firing = { ...starting, log, readNow: databaseNow }
    const triggers = triggerLoop(firing)
    const listening = listenFor(database)
    // Before the first event is read: what is passed over doesn't come again.
    await listening.refresh()
    return {
      http: workflowHttp(
        { ...starting, blob, vault, tokens, listening },
        { ...platform, service: "workflow" },
      ),
      rpc: workflowRpc({ database, blob, scheduler, vault }),
      loops: [
        triggers,
        listeningLoop(listening, log),
        bundleLoop({ database, blob }, log),
        ...workflowLoops(firing, config.WF_KEEP_FIRES_DAYS),
      ],
      consumers: workflowConsumers(firing, listening.wanted, triggers.wake),
    }
  },
})
