/** Room for tasks. It is taken before a claim is sent, and what the claim didn't bring is given back. */
export type Slots = {
  readonly total: number
  busy(): number
  /** All that is free now. */
  take(): number
  give(count: number): void
  /** Resolves when something is free. */
  some(): Promise<void>
}

export const createSlots = (total: number): Slots => {
  let taken = 0
  let waiting: (() => void)[] = []
  return {
    total,
    busy: () => taken,
    take() {
      const count = total - taken
      taken = total
      return count
    },
    give(count) {
      taken -= count
      const wake = waiting
      waiting = []
      for (const go of wake) go()
    },
    async some() {
      while (taken >= total) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}
