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

/** A claim under way. */
export type UnderWay = Pick<Seat, "session_id" | "room">

/** Where waiting claims of this process meet new work, so that it is theirs from its first commit on. */
export type Seats = {
  sit(seat: Seat, claim: UnderWay): Sitting
  /** One with room for this kind of work. */
  take(slot: Slot): TakenSeat | undefined
  /** While the work is done, this claim is under way. */
  serve<Answer>(claim: UnderWay, work: () => Promise<Answer>): Promise<Answer>
  /**
   * The room that its session's lanes need: none of a kind that an earlier claim with ample room is under way for, since
   * that one takes what waits, and nothing else has to wait behind it.
   */
  unserved(claim: UnderWay): Room
}

type Seating = {
  readonly ample_room: number
  /** Called when a claim serves no lanes any more and others of its session are there to do it. */
  readonly wake: () => void
}

export const createSeats = ({ ample_room, wake }: Seating): Seats => {
  const free = new Map<TakenSeat, UnderWay>()
  /** The first of a session serves its lanes. */
  const serving = new Set<UnderWay>()

  const retire = (claim: UnderWay) => {
    if (!serving.delete(claim)) return
    if ([...serving].some(({ session_id }) => session_id === claim.session_id)) wake()
  }

  return {
    async serve(claim, work) {
      serving.add(claim)
      try {
        return await work()
      } finally {
        retire(claim)
      }
    },
    unserved(claim) {
      const before: UnderWay[] = []
      for (const one of serving) {
        if (one === claim) break
        if (one.session_id === claim.session_id) before.push(one)
      }
      const isServed = (slot: Slot) => before.some(({ room }) => room[slot] >= ample_room)
      return eachKind(claim.room, (count, slot) => (isServed(slot) ? 0 : count))
    },
    sit(seat, claim) {
      const { promise: given, resolve: give } = Promise.withResolvers<readonly Attempt[]>()
      const own = { ...seat, give }
      free.set(own, claim)
      return {
        given,
        async leave() {
          if (free.delete(own)) return []
          return given
        },
      }
    },
    take(slot) {
      for (const [seat, claim] of free) {
        if (seat.room[slot] === 0) continue
        free.delete(seat)
        retire(claim)
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
