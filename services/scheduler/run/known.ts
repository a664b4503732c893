import { recent } from "#kernel/service/recent.ts"
import type { RunRow, TaskRow } from "../step/rows.ts"

/** A run as it was committed last, with all of its tasks that have not ended; */
export type KnownRun = { readonly run: RunRow; readonly open: Map<string, TaskRow> }

/** where these are as its plan has them begin, without them. */
type KeptRun = Pick<KnownRun, "run"> & { readonly open: KnownRun["open"] | undefined }

/**
 * The runs that this process was the last to move on, as far as it knows. A step takes one out, and keeps it again after
 * its commit: so nobody sees what became of it in a step that failed. That it was the last is for the database to say.
 */
export type KnownRuns = {
  peek(id: string): KeptRun | undefined
  take(id: string): KeptRun | undefined
  keep(known: KeptRun): void
  /** Somebody has moved it on to there, and not all of it is known any more. */
  outdated(id: string, revision: number): void
  forget(id: string): void
  forgetAll(): void
}

/** What is kept weighs as much as so many tasks. */
const max_tasks = 60_000
const chars_of_task = 500

type Kept = { readonly revision: number; readonly known: KeptRun | undefined }

const weights = new WeakMap<RunRow["inputs"], number>()

/** A run keeps its inputs for as long as it is known, so they are weighed once. */
const weightOfInputs = (inputs: RunRow["inputs"]): number => {
  const known = weights.get(inputs)
  if (known !== undefined) return known
  const weight = Object.keys(inputs).length === 0 ? 0 : JSON.stringify(inputs).length / chars_of_task
  weights.set(inputs, weight)
  return weight
}

const weightOf = ({ known }: Kept): number =>
  known ? 1 + (known.open?.size ?? 0) + weightOfInputs(known.run.inputs) : 1

export const createKnownRuns = (): KnownRuns => {
  const kept = recent(max_tasks, weightOf)
  // Two steps may come to keep what they made of a run in another order than that of their commits.
  const put = (id: string, next: Kept) => {
    if ((kept.get(id)?.revision ?? -1) <= next.revision) kept.keep(id, next)
  }
  return {
    peek: (id) => kept.get(id)?.known,
    take(id) {
      const known = kept.get(id)?.known
      kept.forget(id)
      return known
    },
    keep: (known) => put(known.run.id, { revision: known.run.revision, known }),
    outdated: (id, revision) => put(id, { revision, known: undefined }),
    forget: kept.forget,
    forgetAll: kept.forgetAll,
  }
}
