import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { startStack } from "#deploy/stack/stack.ts"
import { chaosRound, worker_slots } from "./round.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-chaos-"))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

const minute_ms = 60_000

/** One round; by hand, and in the long tests, as many as fit. */
const rounds_ms = Number(process.env.WF_CHAOS_MINUTES ?? 0) * minute_ms

test.skipIf(!usable)(
  "every run ends exactly once, whatever is killed meanwhile",
  async () => {
    const stack = await startStack({
      ...{ data: join(folder, "data"), cache: testCache, port: 0, say: () => undefined },
      environment: { PATH: process.env.PATH ?? "", HOME: folder, WF_WORKER_SLOTS: String(worker_slots) },
    })
    try {
      const until_ms = performance.now() + rounds_ms
      let rounds = 0
      do {
        rounds += 1
        await chaosRound(stack, join(folder, `ledger-${rounds}`))
      } while (performance.now() < until_ms)
      expect(rounds).toBeGreaterThan(0)
    } finally {
      await stack.stop()
    }
  },
  4 * minute_ms + rounds_ms,
)
