import { uuidv7 } from "./uuid.ts"

/** Time, identity and chance come in through here, so that tests and the simulation can hold them still. */
export type Kit = {
  readonly now: () => Date
  /** A fresh UUIDv7: sorts by time of creation. */
  readonly id: () => string
  /** Uniform in [0, 1). */
  readonly random: () => number
}

export const systemKit = (): Kit => ({
  now: () => new Date(),
  id: () => uuidv7(Date.now()),
  random: () => Math.random(),
})
