import { Pool } from "pg"
import { PgBoss } from "pg-boss"
import type { Jobs, Peer } from "./peer.ts"

const insert_size = 1_000
const left_sql = "select count(*)::int as left from pgboss.job where name = $1 and state < 'completed'"
const options = { batchSize: 500, localConcurrency: 4, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true }

const jobsOf = (boss: PgBoss, pool: Pool, queue: string): Jobs => ({
  enqueue: () => boss.send(queue, { n: 1 }),
  async enqueueMany(count) {
    for (let left = count; left > 0; left -= insert_size) {
      const length = Math.min(left, insert_size)
      await boss.insert(
        queue,
        Array.from({ length }, () => ({ data: { n: 1 } })),
      )
    }
  },
  async work(begun) {
    await boss.work(queue, options, async (jobs) => {
      for (const _ of jobs) begun()
    })
  },
  rest: () => boss.offWork(queue),
  left: async () => (await pool.query<{ left: number }>(left_sql, [queue])).rows[0]?.left ?? 0,
})

export const peer: Peer = {
  async open({ postgres_url }) {
    const boss = new PgBoss({ connectionString: postgres_url, max: 20, useListenNotify: true })
    boss.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`))
    await boss.start()
    // A NOTIFY with each job wakes an idle worker at once, and makes commits wait for each other under load.
    await boss.createQueue("quiet", { notify: true })
    await boss.createQueue("busy", { notify: false })
    const pool = new Pool({ connectionString: postgres_url, max: 1 })
    return {
      jobs: jobsOf(boss, pool, "busy"),
      idle: jobsOf(boss, pool, "quiet"),
      async close() {
        await pool.end()
        await boss.stop({ graceful: false })
      },
    }
  },
}
