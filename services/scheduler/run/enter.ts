import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Engine } from "../engine.ts"
import type { Entering } from "../gate/gate.ts"
import { type Entered, passGates } from "../gate/pass.ts"
import { performIn } from "../step/perform.ts"
import type { KeptTasks } from "./keep.ts"
import type { Prepared } from "./start.ts"

/** Brings runs that are about to be written to the gates of their keys. What they cancel is written here. */
export const enterRuns = async (
  engine: Engine,
  sql: Sql,
  { starts, kept }: { readonly starts: readonly Prepared[]; readonly kept: ReadonlyMap<string, KeptTasks> },
): Promise<Entered> => {
  const entering = starts.flatMap((start): Entering[] => {
    const { concurrency, run_id: id, workspace_id, plan } = start
    // A rerun that has nothing left to do ends at once.
    const is_done = kept.get(id)?.size === plan.tasks.length
    if (!concurrency || concurrency instanceof Problem || is_done) return []
    return [{ ...concurrency, id, workspace_id, task: null }]
  })
  if (entering.length === 0) return new Map()
  const { answer } = await performIn(engine, sql, async (step) => {
    step.decided.entering.push(...entering)
    return passGates(engine, step)
  })
  return answer
}

export const keyOf = ({ concurrency }: Prepared): string | null =>
  concurrency && !(concurrency instanceof Problem) ? concurrency.key : null

export const refusalOf = ({ concurrency, run_id }: Prepared, entered: Entered): Problem | undefined => {
  if (concurrency instanceof Problem) return concurrency
  if (!concurrency || entered.get(run_id) !== "refused") return undefined
  return new Problem("concurrency.full", {
    detail: `The key ${concurrency.key} is held by ${concurrency.limit} already, which is its limit.`,
  })
}
