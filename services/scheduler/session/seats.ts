import type { Slot } from "#language/slots.ts"
import { eachKind, type Room } from "../lane/share.ts"
import type { Attempt } from "../task/attempt.ts"

/** A worker's claim that found nothing, and waits here for what comes. */
export type Seat = { readonly session_id: string; readonly queues: readonly string[]; readonly room: Room }

/** One that new work was chosen for: it is given that once it is committed, or nothing if that failed. */
export type TakenSeat = Seat & { give(attempts: readonly Attempt[]): void }

type Sitting = {
  /** What it was given. */
  readonly given: Promise<readonly Attempt[]>
  /** Stands up; if it was taken meanwhile, with what it is given. */
  leave(): Promise<readonly Attempt[]>
}

/** Where waiting claims of this process meet new work, so that it is theirs from its first commit on. */
export type Seats = {
  sit(seat: Seat): Sitting
  /** One with room for this kind of work. */
  take(slot: Slot): TakenSeat | undefined
  /** While the work is done, a claim of this session is under way. */
  serve<Answer>(claim: Serving, work: () => Promise<Answer>): Promise<Answer>
  /** The room that a session's lanes need: none of a kind that a claim with ample room is under way for. */
  unserved(claim: Serving): Room
}

type Serving = Pick<Seat, "session_id" | "room">

/** A claim with ample room takes what waits in lanes, so nothing else has to wait behind that. */
export const createSeats = (ample_room: number): Seats => {
  const free = new Set<TakenSeat>()
  const serving = new Set<Serving>()
  return {
    async serve(claim, work) {
      const own = { ...claim }
      serving.add(own)
      try {
        return await work()
      } finally {
        serving.delete(own)
      }
    },
    unserved({ session_id, room }) {
      const own = [...serving].filter((claim) => claim.session_id === session_id)
      const isServed = (slot: Slot) => own.some((claim) => claim.room[slot] >= ample_room)
      return eachKind(room, (count, slot) => (isServed(slot) ? 0 : count))
    },
    sit(seat) {
      const { promise: given, resolve: give } = Promise.withResolvers<readonly Attempt[]>()
      const own = { ...seat, give }
      free.add(own)
      return {
        given,
        async leave() {
          if (free.delete(own)) return []
          return given
        },
      }
    },
    take(slot) {
      for (const seat of free) {
        if (seat.room[slot] === 0) continue
        free.delete(seat)
        return seat
      }
      return undefined
    },
  }
}

type Seated<Answer> = { readonly answer: Answer; readonly attempts: () => Promise<readonly Attempt[]> }

/** Work that may give what it makes to a claim that waits for this kind of it. */
export const withSeat = async <Answer>(
  seats: Seats,
  slot: Slot | undefined,
  work: (seat: Seat | undefined) => Promise<Seated<Answer>>,
): Promise<Answer> => {
  const seat = slot && seats.take(slot)
  let given: readonly Attempt[] = []
  try {
    const { answer, attempts } = await work(seat)
    given = await attempts()
    return answer
  } finally {
    seat?.give(given)
  }
}
