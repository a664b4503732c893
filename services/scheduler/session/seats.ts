import { isPlain, type Slot, type SlotKind } from "#language/slots.ts"
import { eachKind, type Room } from "../lane/share.ts"
import type { Taker } from "../lane/taker.ts"
import type { Attempt } from "../task/attempt.ts"

/** A worker's claim that found nothing, and waits here for what comes. */
export type Seat = Taker & { readonly session_id: string; readonly room: Room }

/** Work for it, or that its room was used for what goes to its worker in another way. */
type Given = readonly Attempt[] | "spent"

/** One that new work was chosen for. */
export type TakenSeat = Seat & {
  /** What is committed, or nothing if that failed: then it waits on. */
  give(attempts: readonly Attempt[]): void
  spend(): void
}

type Sitting = {
  readonly given: Promise<Given>
  /** Stands up; if it was taken meanwhile, with what it is given. */
  leave(): Promise<Given>
}

/** A claim under way. */
export type UnderWay = Pick<Seat, "session_id" | "room">

/** Where waiting claims of this process meet new work, so that it is theirs from its first commit on. */
export type Seats = {
  sit(claim: UnderWay, session: Taker): Sitting
  /** One with room for this kind of work; what not everybody may take is claimed. */
  take(slot: Slot): TakenSeat | undefined
  /** One of this worker's. */
  takeOf(session_id: string, kind: SlotKind): TakenSeat | undefined
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
  /** By session; the first of them serves its lanes. */
  const serving = new Map<string, Set<UnderWay>>()

  const enlist = (claim: UnderWay) => {
    const others = serving.get(claim.session_id)
    if (others) others.add(claim)
    else serving.set(claim.session_id, new Set([claim]))
  }

  const retire = (claim: UnderWay) => {
    const all = serving.get(claim.session_id)
    if (!all?.delete(claim)) return
    if (all.size > 0) wake()
    else serving.delete(claim.session_id)
  }

  const takeFirst = (fits: (seat: Seat) => boolean): TakenSeat | undefined => {
    for (const [seat, claim] of free) {
      if (!fits(seat)) continue
      free.delete(seat)
      retire(claim)
      return seat
    }
    return undefined
  }

  return {
    async serve(claim, work) {
      enlist(claim)
      try {
        return await work()
      } finally {
        retire(claim)
      }
    },
    unserved(claim) {
      const before: UnderWay[] = []
      for (const one of serving.get(claim.session_id) ?? []) {
        if (one === claim) break
        before.push(one)
      }
      const isServed = (kind: SlotKind) => before.some(({ room }) => room[kind] >= ample_room)
      return eachKind(claim.room, (count, kind) => (isServed(kind) ? 0 : count))
    },
    sit(claim, session) {
      const { promise: given, resolve } = Promise.withResolvers<Given>()
      const give = (attempts: readonly Attempt[]) => {
        if (attempts.length === 0) enlist(claim)
        resolve(attempts)
      }
      const own = { ...session, ...claim, give, spend: () => resolve("spent") }
      free.set(own, claim)
      return { given, leave: async () => (free.delete(own) ? [] : given) }
    },
    take: (slot) => (isPlain(slot) ? takeFirst(({ room }) => room[slot] > 0) : undefined),
    takeOf: (session_id, kind) => takeFirst((seat) => seat.session_id === session_id && seat.room[kind] > 0),
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
