import { z } from "zod"
import { type Allowance, createAllowance, type ReportUse } from "#kernel/auth/allowance.ts"
import { type Authenticate, authenticator } from "#kernel/auth/authenticate.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import { remoteIdentity } from "#kernel/auth/remote-identity.ts"
import { type ServiceTokens, serviceTokens } from "#kernel/auth/service-token.ts"
import type { Bus } from "#kernel/bus/bus.ts"
import { type Environment, parseConfig, wholeNumber } from "#kernel/config/config.ts"
import { migrate } from "#kernel/database/migrate.ts"
import { type Call, caller, type Dial } from "#kernel/rpc/client.ts"
import type { RpcDoors, RpcPart } from "#kernel/rpc/server.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { isReady } from "./health.ts"
import type { Kit } from "./kit.ts"
import { migrationsOf } from "./migrations.ts"
import { assemble, type Running } from "./running.ts"
import type { Parts, Platform, Service, Store, Stores } from "./service.ts"

/** What a composition root picks: everything but the service itself. */
export type Adapters<Needs extends Store> = {
  readonly kit: Kit
  readonly log: Log
  readonly metrics: Metrics
  readonly key: PlatformKey
  readonly bus: Bus
  readonly stores: Pick<Stores, Needs>
  readonly dial: Dial
  readonly environment: Environment
  /** Where services share a process: what one of them has learnt of a token, all of them know. */
  readonly callers?: KnownCallers
}

/** Who calls, and how much they may. */
export type KnownCallers = { readonly authenticate: Authenticate; readonly allowance: Allowance }

const limits = z.object({ WF_RATE_LIMIT: wholeNumber({ min: 0, max: 1_000_000 }).default(0) })

/** Knows callers by what identity says of them. */
export const callersBy = (call: Call, environment: Environment, { id, now }: Kit): KnownCallers => {
  const iam = call("iam", IamService)
  const { WF_RATE_LIMIT: per_s } = parseConfig(limits, environment)
  const instance = id()
  const report: ReportUse = async ({ window, uses }) => {
    const { elsewhere } = await iam.reportUse({ instance, window: BigInt(window), uses: [...uses] })
    return elsewhere
  }
  return {
    authenticate: authenticator(remoteIdentity(iam)),
    allowance: createAllowance({ per_s, report, now: () => now().getTime() }),
  }
}

export type Composed = {
  readonly running: Running
  readonly parts: Parts
  readonly rpc: RpcDoors
  /** What it adds to a port for calls, if it takes any. */
  readonly rpc_part: RpcPart | undefined
  readonly call: Call
}

/** Migrates the service's schema and starts it on the given adapters; its loops wait for `running.start`. */
export const compose = async <Config, Needs extends Store>(
  service: Service<Config, Needs>,
  adapters: Adapters<Needs>,
): Promise<Composed> => {
  const { name } = service
  const { log, metrics, bus, stores, key } = adapters
  const config = parseConfig(service.config, adapters.environment)
  const tokens: ServiceTokens = serviceTokens(name, key)
  const call = caller(adapters.dial, tokens)
  const { authenticate, allowance } = adapters.callers ?? callersBy(call, adapters.environment, adapters.kit)
  // A composition may offer more than a service asks for.
  const needed = Object.fromEntries(service.needs.map((store) => [store, stores[store]])) as Pick<
    Stores,
    Needs
  >
  const { database } = needed as Partial<Stores>
  if (database && service.migrations !== undefined) {
    await migrate({ database, sources: migrationsOf(service.migrations), log })
  }
  const { kit } = adapters
  const is_shared = adapters.callers !== undefined
  const platform: Platform<Needs> = {
    ...{ kit, log, metrics, key, bus, call, authenticate, allowance, is_shared },
    ...needed,
  }
  const parts = await service.start(platform, config)
  const doors = { service: name, authenticate, allowance, log, metrics }
  const running = assemble({ name, parts, bus, database, doors, log })
  const rpc = { service: name, tokens, log, authenticate, allowance }
  const ready = () => isReady(running.checks)
  return { running, parts, rpc, rpc_part: parts.rpc && { routes: parts.rpc, doors: rpc, ready }, call }
}
