import { afterAll, expect, test } from "bun:test"
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { type EmbeddedPlatform, startEmbeddedPlatform } from "./embedded-platform.ts"
import { extent } from "./extent.ts"
import type { Target } from "./fault.ts"
import { chosenSeed } from "./random.ts"
import { chaosRound, jobWorks } from "./round.ts"

const folder = mkdtempSync(join(tmpdir(), "wf-chaos-"))
// PostgreSQL, which root runs as somebody else, has to get through.
chmodSync(folder, 0o711)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const targetsOf = ({ part, token, postgresPid }: EmbeddedPlatform): readonly Target[] => {
  const works = async () => {
    await jobWorks({ url: part.address.url, token })
  }
  const killPostgres = async () => {
    const pid = postgresPid()
    process.kill(pid, "SIGKILL")
    await until("another PostgreSQL", () => ![pid, 0].includes(postgresPid()))
  }
  return [
    {
      name: "platform",
      pid: part.pid,
      kill: () => part.kill("SIGKILL"),
      restart: part.restart,
      signal: part.kill,
      works,
    },
    {
      name: "PostgreSQL of the platform",
      pid: postgresPid,
      kill: killPostgres,
      // The platform does it.
      restart: () => Promise.resolve(),
      signal: async (signal) => void process.kill(postgresPid(), signal),
      works,
    },
  ]
}

test(
  "wf up: every run and job ends exactly once, whatever is killed meanwhile",
  async () => {
    const [data, home] = [join(folder, "data"), join(folder, "home")]
    mkdirSync(home)
    const platform = await startEmbeddedPlatform({ data, home, environment: { WF_WORKER_SLOTS: "16" } })
    const database = platform.openDatabase("chaos")
    try {
      const { part, token } = platform
      const seed = chosenSeed()
      const ledger = join(folder, "ledger")
      const arena = { name: "wf up", url: part.address.url, token, database, ledger, seed, pace_ms: 150 }
      const { strikes } = await chaosRound(arena, { targets: targetsOf(platform), ...extent.embedded })
      expect(strikes.filter(({ back_ms }) => back_ms > 15_000)).toEqual([])
    } finally {
      await database.close()
      await platform.part.stop()
    }
  },
  extent.max_ms,
)
