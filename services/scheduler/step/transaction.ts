import type { Rows } from "./rows.ts"
import type { Step } from "./step.ts"

/** What a step stands on: the rows that it decides by, and the place for what it has decided. */
export type Transaction = {
  readonly rows: Rows
  /** Waited for by nobody: it is sent at the latest with the commit, and the answer to that is the answer of all. */
  save(step: Step): void
  /** Runs after the commit is certain. */
  afterCommit(work: () => void): void
}

/** All or nothing. The work may be done anew. */
export type Transact = <Answer>(work: (transaction: Transaction) => Promise<Answer>) => Promise<Answer>
