import { service } from "#kernel/service/service.ts"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { schedulerConfig } from "./config.ts"
import { createEngine, forgetKnown } from "./engine.ts"
import { deriveFacts } from "./fact/derive.ts"
import { schedulerHttp } from "./http.ts"
import { schedulerLoops } from "./loops.ts"
import { measureQueues } from "./queue/measure.ts"
import { schedulerRpc } from "./rpc.ts"

export const scheduler = service({
  name: "scheduler",
  config: schedulerConfig,
  needs: ["database", "hot"],
  calls: ["iam", "metadata"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: (platform, config) => {
    const { database, hot, kit, log, metrics, is_shared } = platform
    const engine = createEngine({ database, hot, kit, log, metrics, is_shared })
    const logs = platform.call("metadata", MetadataService)
    const closing = new AbortController()
    measureQueues(engine, metrics)
    return {
      http: schedulerHttp(
        { ...engine, logs, closing: closing.signal },
        { ...platform, service: "scheduler" },
      ),
      rpc: schedulerRpc(engine),
      derive: deriveFacts(engine.told),
      forget: () => forgetKnown(engine),
      drain: async () => closing.abort(),
      loops: schedulerLoops(engine, config.WF_KEEP_RUNS_DAYS),
    }
  },
})
