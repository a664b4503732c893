import type { Workload } from "./workload.ts"
import { costStored, drain, residentMemory } from "./workloads/drain.ts"
import { edgeCost } from "./workloads/edge.ts"
import { enqueuePaused, enqueueRun, enqueueWhileDraining } from "./workloads/enqueue.ts"
import { gatewayCost } from "./workloads/gateway.ts"
import { chainOfTasks, costPerTask, fanOut } from "./workloads/graph.ts"
import { historySearch, historySearchMongo, historyWrite, logFollowers } from "./workloads/history.ts"
import { idleLatency } from "./workloads/idle.ts"
import { logLatency } from "./workloads/logs.ts"
import { sequenceLatency, sequenceStart, sequenceThroughput } from "./workloads/sequence.ts"

/** In the order in which they are run: what leaves much behind comes late. */
export const workloads: readonly Workload[] = [
  idleLatency,
  sequenceLatency,
  chainOfTasks,
  fanOut,
  costPerTask,
  sequenceThroughput,
  sequenceStart,
  logLatency,
  logFollowers,
  historyWrite,
  edgeCost,
  enqueuePaused,
  enqueueRun,
  drain,
  residentMemory,
  enqueueWhileDraining,
  costStored,
  historySearch,
  historySearchMongo,
  gatewayCost,
]
