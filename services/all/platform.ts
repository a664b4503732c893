import type { Environment } from "#kernel/config/config.ts"
import { startEmbedded } from "#kernel/database/embedded/start.ts"
import { originsIn, withCors } from "#kernel/http/cors.ts"
import { serveHttp } from "#kernel/http/serve.ts"
import { serveRpc } from "#kernel/rpc/server.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { artifact } from "#services/artifact/service.ts"
import { bootstrapOwner } from "#services/iam/owner/bootstrap.ts"
import { iam } from "#services/iam/service.ts"
import { metadata } from "#services/metadata/service.ts"
import { notification } from "#services/notification/service.ts"
import { scheduler } from "#services/scheduler/service.ts"
import { worker } from "#services/worker/service.ts"
import { workflow } from "#services/workflow/service.ts"
import { composeEdge } from "./edge.ts"
import { type Ground, layGround } from "./ground.ts"

export type PlatformOptions = {
  readonly data: string
  readonly host: string
  readonly port: number
  /** The platform's master key. */
  readonly key: string
  readonly environment: Environment
  readonly log: Log
}

export type RunningPlatform = {
  readonly url: string
  /** Where PostgreSQL's data really is. */
  readonly place: string
  /** An API token of the first owner, who is made when there is nobody yet. */
  ownerToken(): Promise<string>
  /** Resolves when PostgreSQL ended and could not be brought back. */
  readonly gone: Promise<Error>
  stop(): Promise<void>
}

/** Every service in this process, on an embedded PostgreSQL. */
export const startPlatform = async (options: PlatformOptions): Promise<RunningPlatform> => {
  const { data, host, port, log } = options
  const url = `http://${host}:${port}`
  const postgres = await startEmbedded({ data, log })
  try {
    const ground = layGround(postgres.url, url, options)
    for (const add of [
      () => ground.add(iam),
      () => ground.add(scheduler),
      () => ground.add(workflow),
      () => ground.add(metadata),
      () => ground.add(artifact),
      () => ground.add(notification),
      () => ground.add(worker),
    ]) {
      await add()
    }
    const doors = await openDoors(ground, options)
    const services = [...ground.composed.values()].map(({ running }) => running)
    for (const service of services) service.start()
    return {
      url,
      place: postgres.place,
      ownerToken: () => bootstrapOwner(ground.database("iam"), ground.kit),
      gone: postgres.gone,
      async stop() {
        // Workers first, so that what runs can still report; the doors last, so that everyone is answered.
        for (const service of services.toReversed()) await service.stop()
        await doors.close()
        await ground.close()
        await postgres.stop()
      },
    }
  } catch (error) {
    await postgres.stop()
    throw error
  }
}

const openDoors = async (ground: Ground, { host, port, log, environment }: PlatformOptions) => {
  const all = [...ground.composed.values()]
  const edge = composeEdge(
    all.map(({ running }) => running),
    ground.metrics,
    ground.links,
  )
  const origins = originsIn(environment)
  const http = serveHttp(withCors(edge, origins), { host, port, has_gateway: false, origins })
  const parts = all.flatMap(({ rpc_part }) => rpc_part ?? [])
  const rpc = await serveRpc(parts, { host, port: port + 1, log })
  return {
    async close() {
      await http.stop()
      await rpc.stop()
    },
  }
}
