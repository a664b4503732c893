import { measureFollowers } from "../history/followers.ts"
import { measureSearch } from "../history/search.ts"
import { type Filled, onMongo, onPostgres } from "../history/store.ts"
import { measureJobs, measureWrite } from "../history/write.ts"
import type { Workload } from "../workload.ts"

const million = 1_000_000
/** The double reads every document for every question, so there are fewer. */
const some = 1_000
const followers = 10_000

const searching = (open: () => Promise<Filled>, count: number) => async () => {
  const store = await open()
  try {
    const { fill_us, p95_ms } = await measureSearch(store, count)
    const worst = Math.max(...Object.values(p95_ms))
    return { n: count, details: { worst_p95_ms: worst, fill_us, ...p95_ms } }
  } finally {
    await store.close()
  }
}

/** The first page by each filter, over a million attempts of a week, a fifth of them in its last minute. */
export const historySearch: Workload = {
  name: "history-search",
  about: "first page of attempts by each filter, 1,000,000 stored",
  must: "p95 100 ms",
  reach: "–",
  long: true,
  run: searching(onPostgres, million),
}

export const historySearchMongo: Workload = {
  name: "history-search-mongo",
  about: `the same on the double of MongoDB, ${some} stored`,
  must: "–",
  reach: "–",
  long: true,
  run: searching(onMongo, some),
}

export const logFollowers: Workload = {
  name: "log-followers",
  about: `${followers} followers of one run: a line to all of them`,
  must: "–",
  reach: "–",
  async run() {
    const store = await onPostgres()
    try {
      return await measureFollowers(store, followers)
    } finally {
      await store.close()
    }
  },
}

export const historyWrite: Workload = {
  name: "history-write",
  about: "an attempt written down, by metadata alone",
  must: "–",
  reach: "–",
  async run() {
    const store = await onPostgres()
    try {
      const { given, database } = store
      const short = await measureWrite(given, database, { apart: false })
      const long = await measureWrite(given, database, { apart: true })
      const jobs = await measureJobs(given, database)
      const details = {
        short_us: short.us,
        short_bytes: short.bytes,
        long_us: long.us,
        long_bytes: long.bytes,
        job_us: jobs.us,
        job_bytes: jobs.bytes,
      }
      return { n: 90_000, details }
    } finally {
      await store.close()
    }
  },
}
