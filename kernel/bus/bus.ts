import type { Database, Sql } from "#kernel/database/database.ts"
import type { Envelope, EventName } from "#kernel/events/envelope.ts"
import type { Derive } from "#kernel/outbox/read.ts"
import type { Loop } from "#kernel/service/loop.ts"
import type { Yielding } from "./yield.ts"

/** Events from before may come as well: for the handler they are of no use. */
export type WantedTopic = { readonly topic: EventName; readonly since: Date }

type Reading = {
  /** Every group sees every event; the members of one group share them. */
  readonly group: string
  readonly topics: readonly EventName[]
  /** What is read besides, for as long as it is named here: from about the time on that it says. */
  readonly more_topics?: () => readonly WantedTopic[]
  readonly max_batch: number
  /** How long an event may wait for others that are handled with it. */
  readonly linger_ms?: number
  /** Given where other work goes first. */
  readonly yields?: Yielding
}

/** Handles a batch in one transaction, each event effectively once (inbox). */
export type TransactionalConsumer = Reading & {
  readonly database: Database
  readonly handle: (sql: Sql, events: readonly Envelope[]) => Promise<void>
}

/** Handles a batch at least once; the handler is idempotent by the events' own keys. */
export type IdempotentConsumer = Reading & {
  readonly handle: (events: readonly Envelope[]) => Promise<void>
}

export type Consumer = TransactionalConsumer | IdempotentConsumer

/** Facts, after they were committed. Nothing publishes but the outbox. */
export type Bus = {
  /** A loop that brings a group's events to its handler, in order per key. */
  consume(consumer: Consumer): Loop
  /** A loop that carries the outbox of a schema to the bus; `derive` makes the bodies of rows that hold only ids. */
  relay(database: Database, derive?: Derive): Loop
  /** Throws when the bus can't be reached. */
  check(): Promise<void>
  close(): Promise<void>
}
