import type { Documents } from "#kernel/documents/documents.ts"
import { givenMetadata, givenRun } from "#services/metadata/given.ts"
import type { Found } from "../measurement.ts"
import { percentiles, round } from "../measurement.ts"
import type { Filled } from "./store.ts"

const rounds = 10
const idle_ms = 5_000

/** Reads a stream and counts its lines, as cheaply as that goes. */
const counting = (answer: Response, came: () => void): (() => void) => {
  const reader = answer.body?.getReader()
  const read = async () => {
    for (;;) {
      const piece = await reader?.read()
      if (!piece || piece.done) return
      // A sign of life is a single byte.
      if (piece.value.length > 1) came()
    }
  }
  void read()
  return () => void reader?.cancel()
}

/** Followers of one run in one process, at the service's own door: what a line costs, and what silence does. */
export const measureFollowers = async ({ documents }: Filled, followers: number): Promise<Found> => {
  let reads = 0
  const find: Documents["find"] = (collection, query) => {
    reads += 1
    return documents.find(collection, query)
  }
  const given = givenMetadata({ ...documents, find }, { heartbeat_ms: 10_000 })
  const run = givenRun(given)
  await run.started()
  let came = 0
  const leaves: (() => void)[] = []
  for (let one = 0; one < followers; one += 1) {
    const answer = await given.get(`runs/${run.run_id}/logs?follow=true`, { accept: "application/x-ndjson" })
    leaves.push(
      counting(answer, () => {
        came += 1
      }),
    )
  }
  const times: number[] = []
  reads = 0
  for (let round = 0; round < rounds; round += 1) {
    came = 0
    const from_ms = performance.now()
    await run.wrote(0, round, `line ${round}`)
    while (came < followers) await Bun.sleep(1)
    times.push(performance.now() - from_ms)
  }
  const reads_for_line = round(reads / rounds, 1)
  reads = 0
  const idle = process.cpuUsage()
  await Bun.sleep(idle_ms)
  const { user, system } = process.cpuUsage(idle)
  const details = {
    reads_for_line,
    idle_reads_per_s: round((reads * 1_000) / idle_ms, 1),
    idle_cpu_share: round((user + system) / (idle_ms * 10), 1),
    rss_mb: Math.round(process.memoryUsage().rss / 1_000_000),
  }
  for (const leave of leaves) leave()
  return { ...percentiles(times), n: followers, details }
}
