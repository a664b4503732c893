import type { Bus } from "#kernel/bus/bus.ts"
import { traced } from "#kernel/bus/traced.ts"
import type { Database } from "#kernel/database/database.ts"
import type { App } from "#kernel/http/app.ts"
import { createApp } from "#kernel/http/app.ts"
import type { Doors } from "#kernel/http/door.ts"
import { observeOutbox } from "#kernel/outbox/observe.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import { addHealth, type Checks } from "./health.ts"
import type { Loop } from "./loop.ts"
import type { Parts } from "./service.ts"

export type Running = {
  readonly name: string
  readonly http: App
  readonly checks: Checks
  readonly parts: Parts
  start(): void
  /** Drains, then stops every loop. */
  stop(): Promise<void>
}

export type Assembly = {
  readonly name: string
  readonly parts: Parts
  readonly bus: Bus
  readonly database: Database | undefined
  readonly doors: Doors
  readonly log: Log
}

/** How long a service may take to finish what it holds before it is stopped all the same. */
const drain_ms = 8_000

const within = (work: Promise<void>, limit_ms: number): Promise<void> =>
  Promise.race([work, new Promise<void>((resolve) => setTimeout(resolve, limit_ms).unref())])

/** Joins what a service consists of with what the kernel adds: relay, consumers, health. */
export const assemble = ({ name, parts, bus, database, doors, log }: Assembly): Running => {
  const loops: Loop[] = [
    ...(parts.loops ?? []),
    ...(parts.consumers ?? []).map((consumer) => bus.consume(traced(consumer))),
  ]
  if (database) {
    loops.push(bus.relay(database, parts.derive))
    observeOutbox(database, doors.metrics)
  }
  const checks: Checks = {
    bus: () => bus.check(),
    ...(database && { postgres: () => database.run((sql) => sql`select 1`).then(() => undefined) }),
    ...parts.ready,
  }
  const http = parts.http ?? createApp(doors)
  addHealth(http, checks, doors.metrics)
  // What can't be ended well must not keep the rest from ending.
  const ended = (part: string, end: () => Promise<void>): Promise<void> =>
    end().catch((error: unknown) => log.warn({ event: "stop.failed", name, part, error }))
  let stopped: Promise<void> | undefined
  const stop = async () => {
    if (parts.drain) await within(ended("drain", parts.drain), drain_ms)
    const stops = loops.map((loop) => ended(loop.name, loop.stop))
    await within(
      Promise.all(stops).then(() => undefined),
      drain_ms,
    )
    log.info({ event: "service.stopped", name })
  }
  return {
    name,
    http,
    checks,
    parts,
    start() {
      for (const loop of loops) loop.start()
      log.info({ event: "service.started", name })
    },
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
