import { service } from "#kernel/service/service.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { type Archive, patience } from "./archive.ts"
import { collections, runs } from "./collections.ts"
import { metadataConfig } from "./config.ts"
import { metadataConsumers } from "./consume.ts"
import { markExecutions } from "./execution/mark.ts"
import { metadataHttp } from "./http.ts"
import { metadataLoops } from "./loops.ts"
import { metadataRpc } from "./rpc.ts"
import { sharedLook } from "./run/look.ts"
import { createRunSignal } from "./run/signal.ts"
import { askScheduler } from "./run/status.ts"
import { createTroubles } from "./run/trouble.ts"

export const metadata = service({
  name: "metadata",
  config: metadataConfig,
  needs: ["documents"],
  calls: ["iam", "scheduler"],
  start: async (platform, { WF_KEEP_LOGS_DAYS: max_keep_days }) => {
    const { documents, kit, log } = platform
    await documents.prepare(collections)
    const moved = createRunSignal()
    const look = sharedLook(documents, moved)
    const archive: Archive = {
      documents,
      look,
      mark: markExecutions(documents),
      kit,
      log,
      moved,
      troubles: createTroubles(),
      askStatus: askScheduler(platform.call("scheduler", SchedulerService)),
      patience,
      max_keep_days,
    }
    return {
      http: metadataHttp(archive, { ...platform, service: "metadata" }),
      rpc: metadataRpc(archive),
      consumers: metadataConsumers(archive),
      loops: metadataLoops(archive),
      ready: {
        documents: async () => {
          await documents.find(runs, { where: { id: "" }, order: [], limit: 1 })
        },
      },
    }
  },
})
