import { json, lines, list } from "#kernel/database/database.ts"

/** A run's event as its followers see it; `seq` has no gaps. */
export type RunFact = {
  readonly run_id: string
  readonly seq: number
  readonly type: string
  readonly task: string | null
  readonly status: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** One row for each run that something is told of, however much that is. */
export const eventRows = (facts: readonly RunFact[]) => {
  const byRun = [...Map.groupBy(facts, (fact) => fact.run_id)]
  return {
    run_ids: list(byRun.map(([run_id]) => run_id)),
    seqs: list(byRun.map(([, some]) => some.at(-1)?.seq ?? 0)),
    events: lines(byRun.map(([, some]) => json(some.map(told)))),
  }
}

const told = ({ seq, type, task, status, data }: RunFact) => ({ seq, type, task, status, data })
