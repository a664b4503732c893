import type { Routes } from "#kernel/rpc/server.ts"
import { WorkerService } from "#proto/generated/wf/worker/v1/worker_pb.ts"
import type { Pump } from "./claim/pump.ts"
import type { Slots } from "./claim/slots.ts"

export type WorkerState = { readonly name: string; readonly pump: Pump; readonly slots: Slots }

/** A drain by call may take as long as its tasks do. */
const drain_ms = 3_600_000

export const workerRpc =
  ({ name, pump, slots }: WorkerState): Routes =>
  (router) =>
    router.service(WorkerService, {
      status: () => ({
        sessionId: pump.sessionId(),
        name,
        slots: slots.total.process + slots.total.inline,
        busy: slots.busy().process + slots.busy().inline,
        draining: pump.draining(),
      }),
      async drain() {
        await pump.drain(drain_ms)
        return {}
      },
    })
