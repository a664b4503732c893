import type { WantedTopic } from "#kernel/bus/bus.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { EventName } from "#kernel/events/envelope.ts"
import type { event_types } from "#language/event-types.ts"

type EventType = (typeof event_types)[number] & EventName

/** Which events somebody's trigger waits for. All others aren't even read. */
export type Listening = {
  wanted(): readonly WantedTopic[]
  /** At once, of a trigger that was just made here. */
  add(types: readonly EventType[], since: Date): void
  refresh(): Promise<void>
}

type Topics = ReadonlyMap<EventName, Date>

/** What is found can have been added since it was read: so a type is given up when it is missing twice in a row. */
export const listenFor = (database: Database): Listening => {
  let before: Topics = new Map()
  let latest: Topics = new Map()
  return {
    wanted: () => [...new Map([...before, ...latest])].map(([topic, since]) => ({ topic, since })),
    add(types, since) {
      latest = new Map([...types.map((type) => [type, since] as const), ...latest])
    },
    async refresh() {
      const found = await database.run(readWanted)
      before = latest
      latest = new Map(found.map(({ event, since }) => [event, since]))
    },
  }
}

const readWanted = (sql: Sql) =>
  sql<{ event: EventType; since: Date }>`
    select event, min(created_at) as since from workflow.trigger where event is not null group by event`
