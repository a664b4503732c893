import type { z } from "zod"
import type { Allowance } from "#kernel/auth/allowance.ts"
import type { Authenticate } from "#kernel/auth/authenticate.ts"
import type { PlatformKey } from "#kernel/auth/platform-key.ts"
import type { Blob } from "#kernel/blob/blob.ts"
import type { Bus, Consumer } from "#kernel/bus/bus.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Documents } from "#kernel/documents/documents.ts"
import type { App } from "#kernel/http/app.ts"
import type { Derive } from "#kernel/outbox/read.ts"
import type { Call } from "#kernel/rpc/client.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Metrics } from "#kernel/telemetry/metrics.ts"
import type { Kit } from "./kit.ts"
import type { Loop } from "./loop.ts"

/** What a service may keep things in; it names the ones it needs. */
export type Stores = {
  readonly database: Database
  /** Connections of their own for what must not wait: claims, reports, heartbeats. */
  readonly hot: Database
  readonly documents: Documents
  readonly blob: Blob
}

export type Store = keyof Stores

export type Platform<Needs extends Store = never> = {
  readonly kit: Kit
  readonly log: Log
  readonly metrics: Metrics
  readonly key: PlatformKey
  readonly bus: Bus
  readonly call: Call
  readonly authenticate: Authenticate
  readonly allowance: Allowance
  /** Whether the other services are in this process, so that what they do takes its time. */
  readonly is_shared: boolean
} & Pick<Stores, Needs>

/** What a started service consists of. The composition serves its doors and runs its loops. */
export type Parts = {
  readonly http?: App
  readonly rpc?: Routes
  readonly consumers?: readonly Consumer[]
  readonly loops?: readonly Loop[]
  /** Makes the bodies of outbox rows that hold only ids. */
  readonly derive?: Derive
  /** What readiness asks, besides the stores and the bus. */
  readonly ready?: Readonly<Record<string, () => Promise<void>>>
  /** Lets go of what it only remembers to be quicker: the process has nothing to do, and gives memory back. */
  readonly forget?: () => void
  /** Runs first when stopping, while everything else still works. */
  readonly drain?: () => Promise<void>
}

export type Service<Config, Needs extends Store> = {
  readonly name: string
  readonly config: z.ZodType<Config>
  readonly needs: readonly Needs[]
  /** The services that this one calls. */
  readonly calls: readonly string[]
  /** The folder of its schema's migrations. */
  readonly migrations?: string
  readonly start: (platform: Platform<Needs>, config: Config) => Promise<Parts> | Parts
}

/** A service is a value; a composition root picks its adapters. */
export const service = <Config, Needs extends Store>(
  definition: Service<Config, Needs>,
): Service<Config, Needs> => definition
