import { afterAll, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Running } from "#deploy/engines/engine.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { isUsable, testCache } from "#deploy/engines/testing.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { busSuite, max_partitions } from "./bus.suite.ts"
import { kafkaBus } from "./kafka.ts"

if (isUsable(kafka)) {
  let running: Running | undefined
  let folder = ""

  afterAll(async () => {
    await running?.kill()
    await rm(folder, { recursive: true, force: true })
  })

  busSuite(async () => {
    folder = await mkdtemp(join(tmpdir(), "wf-bus-"))
    await kafka.install(testCache)
    const started = await kafka.start({ cache: testCache, folder })
    running = started
    return {
      name: "kafka",
      openBus: (world_id) =>
        kafkaBus({
          brokers: [started.address.broker],
          client_id: "test",
          log: silentLog,
          prefix: `${world_id}.`,
          partitions: max_partitions,
          session_ms: 3_000,
        }),
    }
  })
} else {
  test.skip("the bus over Kafka", () => undefined)
}
