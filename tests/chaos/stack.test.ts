import { afterAll, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { envoy } from "#deploy/engines/envoy.ts"
import { kafka } from "#deploy/engines/kafka.ts"
import { mongo } from "#deploy/engines/mongo.ts"
import { isUsable, testCache } from "#deploy/engines/testing/usable.ts"
import { versitygw } from "#deploy/engines/versitygw.ts"
import { type Stack, startStack } from "#deploy/stack/stack.ts"
import { openDatabase } from "#kernel/database/open.ts"
import { silentLog } from "#kernel/telemetry/log.ts"
import { extent } from "./extent.ts"
import { type Facts, followFacts } from "./facts.ts"
import type { Strike, Target } from "./fault.ts"
import { chosenSeed } from "./random.ts"
import { chaosRound, jobWorks } from "./round.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-chaos-"))
chmodSync(folder, 0o711)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const usable = [kafka, mongo, versitygw, envoy].map(isUsable).every(Boolean)

/** Two of each, and each pair of them on its own. */
const doubles = ["scheduler", "worker"]

const targetsOf = (stack: Stack, facts: Facts): readonly Target[] => {
  const { services, engines } = stack
  const names = ["scheduler", "scheduler-2", "worker", "worker-2"]
  const parts = [...names.map((name) => services.get(name)), engines.postgres, engines.kafka]
  return parts.flatMap((part) => {
    if (!part) return []
    const works = async () => {
      const job_id = await jobWorks(stack)
      if (part.name === "kafka") await facts.arrival(job_id)
    }
    const { name, pid, restart } = part
    return [{ name, pid, restart, works, kill: () => part.kill("SIGKILL"), signal: part.kill }]
  })
}

/** What is promised for each kind of part. Where it runs with every change, among much else, it is given twice as long. */
const promised_ms = ({ target }: Strike): number => {
  if (target === "kafka") return 30_000 * extent.patience
  return (target === "postgres" ? 15_000 : 10_000) * extent.patience
}

test.skipIf(!usable)(
  "the stack: every run and job ends exactly once, and is told of, whatever is killed meanwhile",
  async () => {
    const stack = await startStack({
      ...{ data: join(folder, "data"), cache: testCache, port: 0, say: () => undefined, doubles },
      environment: { PATH: process.env.PATH ?? "", HOME: folder, WF_WORKER_SLOTS: "8" },
    })
    const database = openDatabase({
      ...{ url: stack.engines.postgres.address.url, schema: "scheduler", application_name: "chaos" },
      ...{ log: silentLog, tx_ms: 60_000 },
    })
    const facts = followFacts(stack.engines.kafka.address.broker)
    try {
      const { url, token } = stack
      const [seed, ledger] = [chosenSeed(), join(folder, "ledger")]
      const arena = { name: "the stack", url, token, database, ledger, seed, pace_ms: 150 }
      const { strikes } = await chaosRound(arena, { targets: targetsOf(stack, facts), ...extent.stack })
      expect(await facts.missing(database)).toEqual([])
      expect(facts.doubled()).toEqual([])
      expect(strikes.filter((strike) => strike.back_ms > promised_ms(strike))).toEqual([])
    } finally {
      await facts.stop()
      await database.close()
      await stack.stop()
    }
  },
  extent.max_ms,
)
