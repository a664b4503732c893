import type { DescService } from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { createSignal } from "#kernel/service/signal.ts"
import {
  Health,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "#proto/generated/grpc/health/v1/health_pb.ts"
import type { Routes } from "./server.ts"

type Offered = { readonly service: DescService; readonly ready: () => Promise<boolean> }

/** How often a watched state is looked at. */
const look_ms = 1_000

export const healthServices: readonly DescService[] = [Health]

/** How each service is, by its full name, and all of them together without one. */
export const healthRoutes = (offered: readonly Offered[]): Routes => {
  const statusOf = async (name: string): Promise<ServingStatus | undefined> => {
    const asked = offered.filter(({ service }) => name === "" || service.typeName === name)
    if (asked.length === 0 && name !== "") return undefined
    const states = await Promise.all(asked.map(({ ready }) => ready()))
    return states.every(Boolean) ? ServingStatus.SERVING : ServingStatus.NOT_SERVING
  }
  return (router) =>
    router.service(Health, {
      async check({ service }) {
        const status = await statusOf(service)
        if (status === undefined) throw new ConnectError(`There is no service ${service}.`, Code.NotFound)
        return { status }
      },
      async *watch({ service }, { signal }) {
        const quiet = createSignal()
        let told: ServingStatus | undefined
        while (!signal.aborted) {
          const status = (await statusOf(service)) ?? ServingStatus.SERVICE_UNKNOWN
          if (status !== told) yield { status }
          told = status
          await quiet.next(look_ms, signal)
        }
      },
    })
}
