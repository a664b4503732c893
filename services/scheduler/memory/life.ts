/** A process: what waits in it is gone when it dies, and comes late when it is stopped for a while. */
export type Life = { alive: boolean; stopped_until_ms: number }

export const createLife = (): Life => ({ alive: true, stopped_until_ms: 0 })
