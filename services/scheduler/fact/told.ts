import type { Fact, OutboxRow } from "#kernel/outbox/emit.ts"
import type { BareRow } from "#kernel/outbox/read.ts"
import { recent } from "#kernel/service/recent.ts"
import type { StartedDetails } from "./bare.ts"

const max_told = 20_000

/** A row of the outbox without bodies, and what it tells. */
export type FactRow = Extract<OutboxRow, { readonly ids: readonly string[] }> & {
  readonly facts: readonly Fact[]
}

export type ToldRow = OutboxRow | FactRow

type Bare = Pick<BareRow, "topic" | "ids" | "details">

/** What this process has told last, for its own readers of the outbox, who mostly come at once. */
export type Told = {
  /** After the commit. */
  keep(rows: readonly ToldRow[]): void
  of(row: Bare): readonly Fact[] | undefined
  forgetAll(): void
}

export const createTold = (): Told => {
  const kept = recent<readonly Fact[]>(max_told, (facts) => facts.length)
  return {
    keep(rows) {
      for (const row of rows) if ("facts" in row) kept.keep(nameOf(row), row.facts)
    },
    of: (row) => kept.get(nameOf(row)),
    forgetAll: kept.forgetAll,
  }
}

/**
 * Each fact is in one row, so a row is known by the first of its facts: a task begins once for each attempt, all else is told
 * once of its task or run.
 */
const nameOf = ({
  topic,
  ids: [first],
  details,
}: Omit<Bare, "details"> & { readonly details?: unknown }): string => {
  if (topic !== "task.started") return `${topic} ${first}`
  return `${topic} ${first} ${(details as StartedDetails).attempts[0]}`
}
