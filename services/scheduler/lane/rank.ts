/** A point of priority is worth a minute of waiting: so the important comes first, and nothing starves. */
const point_ms = 60_000

/** What has the lowest in its lane comes first. */
export const rankOf = (queued_ms: number, priority: number): number => queued_ms - point_ms * priority
