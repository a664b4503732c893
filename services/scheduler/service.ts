import { service } from "#kernel/service/service.ts"
import { createSignal } from "#kernel/service/signal.ts"
import { schedulerConfig } from "./config.ts"
import type { Engine } from "./engine.ts"
import { schedulerHttp } from "./http.ts"
import { deriveCompleted } from "./job/derive.ts"
import { createLanes } from "./lane/lanes.ts"
import { schedulerLoops } from "./loops.ts"
import { createPlans } from "./plan/plans.ts"
import { measureQueues } from "./queue/measure.ts"
import { createQueues } from "./queue/queues.ts"
import { schedulerRpc } from "./rpc.ts"
import { createFeed } from "./run/feed.ts"
import { transactOver } from "./step/postgres.ts"
import { createMeasures } from "./task/measure.ts"

export const scheduler = service({
  name: "scheduler",
  config: schedulerConfig,
  needs: ["database", "hot"],
  calls: ["iam"],
  migrations: new URL("./migrations", import.meta.url).pathname,
  start: (platform, config) => {
    const { database, hot, kit, log, metrics } = platform
    const engine: Engine = {
      ...{ database, hot, kit, log },
      transact: transactOver(hot),
      plans: createPlans(),
      lanes: createLanes(),
      queues: createQueues(),
      feed: createFeed(),
      ready: createSignal(),
      moved: createSignal(),
      stopped: createSignal(),
      measures: createMeasures(metrics),
    }
    measureQueues(engine, metrics)
    return {
      http: schedulerHttp(engine, { ...platform, service: "scheduler" }),
      rpc: schedulerRpc(engine),
      derive: deriveCompleted,
      loops: schedulerLoops(engine, config.WF_KEEP_RUNS_DAYS),
    }
  },
})
