import { expect } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { until } from "#kernel/testing/until.ts"
import type { Client } from "#sdk/index.ts"

/** History follows the work, also after the store of it was away. */
const settle_ms = 45_000
const max_at_once = 20

type Job = { readonly id: string; readonly status: string; readonly attempt: number }

const jobsIn = (database: Database): Promise<readonly Job[]> =>
  database.run(
    (sql) => sql<Job>`
      select id::text as id, status, attempt from scheduler.task_run
      where run_id is null and status in ('completed', 'dead_letter')`,
  )

/** One for each attempt, the last one with how the job ended. */
const expectedOf = ({ status, attempt }: Job): readonly string[] =>
  Array.from({ length: attempt }, (_, index) => {
    const isEnd = index === attempt - 1 && status === "completed"
    return `${index + 1} ${isEnd ? "completed" : "failed"}`
  })

const isTold = async (client: Client, job: Job): Promise<boolean> => {
  const { items } = await client.history.list({ run_id: job.id, limit: 100 })
  const found = items.map(({ attempt, status }) => `${attempt} ${status}`).sort()
  return String(found) === String(expectedOf(job).toSorted())
}

/** Every attempt of every job that has ended is in the history exactly once. Answers how many jobs there were. */
export const untilInHistory = async (database: Database, client: Client): Promise<number> => {
  const jobs = await jobsIn(database)
  let left = jobs
  const look = async () => {
    const missing: Job[] = []
    for (let from = 0; from < left.length; from += max_at_once) {
      const some = left.slice(from, from + max_at_once)
      const told = await Promise.all(some.map((job) => isTold(client, job)))
      missing.push(...some.filter((_, index) => !told[index]))
    }
    left = missing
    return left.length === 0
  }
  await until("the history of all jobs", look, settle_ms).catch(() => undefined)
  expect(left.slice(0, 20)).toEqual([])
  return jobs.length
}
