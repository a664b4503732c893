import type { Consumer, WantedTopic } from "#kernel/bus/bus.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Firing } from "./fire/clock.ts"
import { followEvents } from "./trigger/follow.ts"

const max_batch = 200
/** Most events begin nothing; those that come together are looked at by one statement. */
const linger_ms = 50

/** Reads only what a trigger waits for. Idempotent by the rows that it writes: an inbox would cost every event a row. */
export const workflowConsumers = (
  firing: Pick<Firing, "database" | "kit">,
  more_topics: () => readonly WantedTopic[],
  wake: () => void,
): readonly Consumer[] => {
  const follow = followEvents(firing)
  return [
    {
      ...{ group: "workflow", topics: [], more_topics, max_batch, linger_ms },
      async handle(events: readonly Envelope[]) {
        const found = await follow(events)
        if (found) wake()
      },
    },
  ]
}
