import type { EventName } from "#kernel/events/envelope.ts"
import type { Consumer } from "./bus.ts"

/** All that a consumer reads at present. */
export const topicsOf = ({ topics, more_topics }: Consumer): readonly EventName[] => {
  const more = more_topics?.() ?? []
  if (more.length === 0) return topics
  return [...new Set([...topics, ...more.map(({ topic }) => topic)])]
}
