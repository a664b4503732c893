import { json, lines, list } from "#kernel/database/database.ts"

/** What is told of a run, as its followers see it; `seq` has no gaps. */
export type RunFact = {
  readonly seq: number
  readonly type: string
  readonly task: string | null
  readonly status: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** By the runs that they are told of. */
export type RunFacts = ReadonlyMap<string, readonly RunFact[]>

/** One row for each run that something is told of, however much that is. */
export const eventRows = (events: RunFacts) => {
  const facts = [...events.values()]
  return {
    run_ids: list([...events.keys()]),
    seqs: list(facts.map((some) => some.at(-1)?.seq ?? 0)),
    events: lines(facts.map(json)),
  }
}
