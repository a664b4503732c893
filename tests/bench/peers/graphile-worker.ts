import { Logger, makeWorkerUtils, run } from "graphile-worker"
import { Pool } from "pg"
import type { Peer } from "./peer.ts"

const insert_size = 1_000
const left_sql = "select count(*)::int as left from graphile_worker._private_jobs"

const logger = new Logger(() => (level, message) => {
  if (level === "error") process.stderr.write(`graphile-worker: ${message}\n`)
})

/** Batched, as its page on performance has it. */
const preset = {
  worker: {
    concurrentJobs: 24,
    maxPoolSize: 20,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  },
}

export const peer: Peer = {
  async open({ postgres_url: connectionString }) {
    const tools = await makeWorkerUtils({ connectionString, maxPoolSize: 20, logger })
    await tools.migrate()
    const pool = new Pool({ connectionString, max: 1 })
    let runner: { stop(): Promise<void> } | undefined
    return {
      jobs: {
        enqueue: () => tools.addJob("bench", { n: 1 }),
        async enqueueMany(count) {
          for (let left = count; left > 0; left -= insert_size) {
            const length = Math.min(left, insert_size)
            await tools.addJobs(Array.from({ length }, () => ({ identifier: "bench", payload: { n: 1 } })))
          }
        },
        async work(begun) {
          const taskList = { bench: async () => begun() }
          runner = await run({ connectionString, taskList, preset, noHandleSignals: true, logger })
        },
        rest: async () => runner?.stop(),
        left: async () => (await pool.query<{ left: number }>(left_sql)).rows[0]?.left ?? 0,
      },
      async close() {
        await pool.end()
        await tools.release()
      },
    }
  },
}
