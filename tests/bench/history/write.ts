import type { Database } from "#kernel/database/database.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { GivenMetadata } from "#services/metadata/given.ts"
import { round } from "../measurement.ts"
import { attemptsOf } from "./fill.ts"

const warm = 50
const rounds = 300
const per_round = 100

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
  for (let round = 0; round < warm; round += 1) await tell(attemptsOf(per_round))
  const before = await bytesOf(database)
  let total_ms = 0
  for (let round = 0; round < rounds; round += 1) total_ms += await tell(attemptsOf(per_round))
  const count = rounds * per_round
  return {
    us: round((total_ms * 1_000) / count, 1),
    bytes: Math.round(((await bytesOf(database)) - before) / count),
  }
}

const isBeginning = ({ type }: Envelope): boolean => type === "task.started"
