import type { WantedTopic } from "#kernel/bus/bus.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import type { EventName } from "#kernel/events/envelope.ts"
import { type EventKind, isOfTicket } from "./kinds.ts"

/** There are many of these, so they are read only as long as somebody is to be told of them. */
export type Listening = {
  wanted(): readonly WantedTopic[]
  /** At once, of a subscription that was just made or changed here. */
  add(kinds: readonly EventKind[], since: Date): void
  refresh(): Promise<void>
}

type Topics = ReadonlyMap<EventName, Date>

const topicsOf = (kind: string): readonly EventName[] => {
  if (kind === "run.slow") return ["workflow.started", "workflow.completed"]
  if (isOfTicket(kind)) return [kind]
  return kind.startsWith("run.") ? ["workflow.completed"] : []
}

type Wanted = { readonly kind: string; readonly since: Date }

const topicsFor = (wanted: readonly Wanted[]): Topics => {
  const topics = new Map<EventName, Date>()
  for (const { kind, since } of wanted) {
    for (const topic of topicsOf(kind)) {
      const known = topics.get(topic)
      topics.set(topic, known && known < since ? known : since)
    }
  }
  return topics
}

/** What is found can have been added since it was read: so a topic is given up when it is missing twice in a row. */
export const listenFor = (database: Database): Listening => {
  let before: Topics = new Map()
  let latest: Topics = new Map()
  return {
    wanted: () => [...new Map([...before, ...latest])].map(([topic, since]) => ({ topic, since })),
    add(kinds, since) {
      latest = new Map([...topicsFor(kinds.map((kind) => ({ kind, since }))), ...latest])
    },
    async refresh() {
      const found = await database.run(readWanted)
      before = latest
      latest = topicsFor(found)
    },
  }
}

const readWanted = (sql: Sql) =>
  sql<Wanted>`
    select kind, min(counts_from) as since
    from notification.subscription, unnest(events) as kind
    where source = 'made' and paused_at is null and split_part(kind, '.', 1) in ('run', 'ticket', 'comment')
    group by kind`
