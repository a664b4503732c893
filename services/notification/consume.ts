import type { Consumer } from "#kernel/bus/bus.ts"
import { followedTopics } from "./event/fact.ts"
import { recordEvents } from "./event/record.ts"
import type { Office } from "./office.ts"

const max_batch = 200
/** Most events are nothing to anybody; those that come together are looked at by one statement. */
const linger_ms = 50

/** Other services are asked in between, so no transaction is open meanwhile: idempotent by the rows that it writes. */
export const notificationConsumers = (office: Office): readonly Consumer[] => [
  {
    ...{ group: "notification", topics: followedTopics, more_topics: office.listening.wanted },
    ...{ max_batch, linger_ms, handle: recordEvents(office) },
  },
]
