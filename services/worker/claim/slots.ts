import { type Slot, slotOf } from "#language/slots.ts"

/** How many attempts of each kind: processes, and functions of the worker's own. */
export type Room = { readonly process: number; readonly inline: number }

/** Room for tasks. It is taken before a claim is sent, and what the claim didn't bring is given back. */
export type Slots = {
  readonly total: Room
  busy(): Room
  /** What of a kind is free now, at most so much. */
  take(kind: keyof Room, at_most: number): Room
  give(room: Room): void
  /** Resolves when something of this kind is free. */
  some(kind: keyof Room): Promise<void>
}

export const no_room: Room = { process: 0, inline: 0 }

export const minus = (one: Room, other: Room): Room => ({
  process: one.process - other.process,
  inline: one.inline - other.inline,
})

/** What attempts of these types take. */
export const roomOf = (attempts: readonly { readonly type: string }[]): Room => {
  const room: Record<Slot, number> = { process: 0, inline: 0, remote: 0 }
  for (const { type } of attempts) room[slotOf(type)] += 1
  return room
}

export const createSlots = (total: Room): Slots => {
  let taken = no_room
  let waiting: (() => void)[] = []
  return {
    total,
    busy: () => taken,
    take(kind, at_most) {
      const count = Math.min(at_most, total[kind] - taken[kind])
      taken = { ...taken, [kind]: taken[kind] + count }
      return { ...no_room, [kind]: count }
    },
    give(room) {
      taken = minus(taken, room)
      const wake = waiting
      waiting = []
      for (const go of wake) go()
    },
    async some(kind) {
      while (taken[kind] >= total[kind]) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}
