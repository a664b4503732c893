import type { Database } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { GivenMetadata } from "#services/metadata/given.ts"
import { round } from "../measurement.ts"
import { attemptsOf, jobsOf } from "./fill.ts"

const warm = 50
const rounds = 300
const per_round = 100
const per_round_of_jobs = 1_000

export type Written = { readonly us: number; readonly bytes: number }

const bytesOf = async (database: Database): Promise<number> => {
  const [row] = await database.run((sql) =>
    sql.statement<{ bytes: string }>(
      "select pg_total_relation_size('metadata.doc_execution')::text as bytes",
      [],
    ),
  )
  return Number(row?.bytes)
}

type Rounds = { readonly warm: number; readonly rounds: number; readonly each: () => Promise<number> }

const measured = async (
  database: Database,
  { warm, rounds, each }: Rounds,
  count: number,
): Promise<Written> => {
  for (let round = 0; round < warm; round += 1) await each()
  const before = await bytesOf(database)
  let total_ms = 0
  for (let round = 0; round < rounds; round += 1) total_ms += await each()
  const us = round((total_ms * 1_000) / count, 1)
  return { us, bytes: Math.round(((await bytesOf(database)) - before) / count) }
}

/** The same of one attempt of a job, in the batches in which they are read. */
export const measureJobs = ({ handleJobs }: GivenMetadata, database: Database): Promise<Written> => {
  const each = async () => {
    const events = jobsOf(per_round_of_jobs)
    const from_ms = performance.now()
    await handleJobs(events)
    return performance.now() - from_ms
  }
  const rounds_of_jobs = (rounds * per_round) / per_round_of_jobs
  return measured(database, { warm: 5, rounds: rounds_of_jobs, each }, rounds * per_round)
}

/** What it takes to write down one attempt: its beginning and its end in one batch, or in two. */
export const measureWrite = async (
  { handle }: GivenMetadata,
  database: Database,
  { apart }: { readonly apart: boolean },
): Promise<Written> => {
  const tell = async (events: readonly Envelope[]): Promise<number> => {
    const [begun, ended] = [events.filter(isBeginning), events.filter((event) => !isBeginning(event))]
    const from_ms = performance.now()
    if (apart) {
      await handle(begun)
      await handle(ended)
    } else await handle(events)
    return performance.now() - from_ms
  }
  return measured(database, { warm, rounds, each: () => tell(attemptsOf(per_round)) }, rounds * per_round)
}

const isBeginning = ({ type }: Envelope): boolean => type === "task.started"
