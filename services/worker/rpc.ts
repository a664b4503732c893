import type { Routes } from "#kernel/rpc/server.ts"
import { WorkerService } from "#proto/generated/wf/worker/v1/worker_pb.ts"
import type { Pump } from "./claim/pump.ts"
import type { Slots } from "./claim/slots.ts"

export type WorkerState = {
  readonly name: string
  readonly queues: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** The types of tasks that it can run at this moment. */
  readonly types: () => Promise<readonly string[]>
  readonly pump: Pump
  readonly slots: Slots
}

/** A drain by call may take as long as its tasks do. */
const max_drain_ms = 3_600_000

export const workerRpc =
  ({ name, queues, labels, types, pump, slots }: WorkerState): Routes =>
  (router) =>
    router.service(WorkerService, {
      status: async () => ({
        sessionId: pump.sessionId(),
        name,
        slots: slots.total.process,
        busy: pump.running().process,
        inlineSlots: slots.total.inline,
        inlineBusy: pump.running().inline,
        draining: pump.draining(),
        queues: [...queues],
        labels: { ...labels },
        types: [...(await types())],
      }),
      async drain({ maxFinishMs }) {
        const wanted_ms = Number(maxFinishMs)
        await pump.drain(wanted_ms > 0 ? Math.min(wanted_ms, max_drain_ms) : max_drain_ms)
        return {}
      },
    })
