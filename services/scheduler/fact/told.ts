import type { Fact, OutboxRow } from "#kernel/outbox/emit.ts"
import type { BareRow } from "#kernel/outbox/read.ts"
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
}

export const createTold = (): Told => {
  let young = new Map<string, readonly Fact[]>()
  let old = new Map<string, readonly Fact[]>()
  let count = 0
  return {
    keep(rows) {
      for (const row of rows) {
        if (!("facts" in row)) continue
        // When the young half is full, the old one goes as a whole.
        if (count + row.facts.length > max_told / 2) {
          old = young
          young = new Map()
          count = 0
        }
        young.set(nameOf(row), row.facts)
        count += row.facts.length
      }
    },
    of(row) {
      const name = nameOf(row)
      return young.get(name) ?? old.get(name)
    },
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
