type Waiting = { readonly count: number; readonly go: () => void }

/** Who goes first where somebody brings work while the results of other work come in. */
export type Precedence = {
  /** Somebody waits until so many are written. */
  creating<Answer>(count: number, create: () => Promise<Answer>): Promise<Answer>
  /** In the order in which they come; at once where nothing is being created. */
  settling<Answer>(count: number, settle: () => Promise<Answer>): Promise<Answer>
  /** Whether results are settled now, or were a moment ago. */
  isSettling(): boolean
}

type Clock = { now_ms(): number; later(look: () => void, ms: number): void }

type Terms = {
  /** How many results are settled beside something that is created, if it is more than one batch. */
  readonly max_beside: number
  /** How many times what a batch took has to pass where there is a backlog and much is brought. */
  readonly rests: number
  /** Whether more waits than is worked on. */
  readonly isBehind: () => boolean
  readonly clock?: Clock
}

/** Those who bring something one after the other, with shorter pauses than this, bring it all the time. */
const pause_ms = 5
/** Who works all the time reports more often than this. */
const moment_ms = 20
/** While so many are brought, as much time is left to them as is taken by what is settled, or several times as much. */
const many = 20
/** However long it took to settle something. */
const max_rest_ms = 100

/** Who brings one after the other hardly counts. */
const weightOf = (brought: number): number => Math.min(brought / many, 1) ** 2

/**
 * While something is created, and in the short pauses between, at most so many results are settled beside it: a backlog that is worked off in several full
 * batches at a time takes all that both of them need, and whoever brings something waits for each. One batch, whatever
 * its size, may go on; where there is a backlog and much is brought, the next one begins when as much time has passed as the
 * last one took, or several times as much. So there are fewer, larger batches, and all of it costs less.
 */
export const createPrecedence = ({ max_beside, rests, isBehind, clock = systemClock }: Terms): Precedence => {
  const waiting: Waiting[] = []
  let creating = 0
  let created_ms = Number.NEGATIVE_INFINITY
  let brought = 0
  let settling = 0
  let rested_ms = Number.NEGATIVE_INFINITY
  let settled_ms = Number.NEGATIVE_INFINITY
  const lookAgain = oneLater(clock, () => admit())

  const mayGo = (count: number): boolean => {
    const now_ms = clock.now_ms()
    const is_quiet = creating === 0 && now_ms - created_ms >= pause_ms
    if (is_quiet) return true
    const has_room = settling === 0 || settling + count <= max_beside
    return has_room && (!isBehind() || now_ms >= rested_ms)
  }

  const admit = () => {
    for (let [next] = waiting; next; [next] = waiting) {
      if (!mayGo(next.count)) return lookAgain()
      waiting.shift()
      settling += next.count
      next.go()
    }
  }

  return {
    isSettling: () => settling > 0 || waiting.length > 0 || clock.now_ms() - settled_ms < moment_ms,
    async creating(count, create) {
      creating += 1
      brought += count
      try {
        return await create()
      } finally {
        creating -= 1
        created_ms = clock.now_ms()
        admit()
      }
    },
    async settling(count, settle) {
      await new Promise<void>((go) => {
        waiting.push({ count, go })
        admit()
      })
      const begun_ms = clock.now_ms()
      brought = 0
      try {
        return await settle()
      } finally {
        settling -= count
        const now_ms = clock.now_ms()
        settled_ms = now_ms
        rested_ms = now_ms + Math.min((now_ms - begun_ms) * rests, max_rest_ms) * weightOf(brought)
        admit()
      }
    },
  }
}

/** However often it is asked for, there is one look at a time that comes. */
const oneLater = (clock: Clock, look: () => void) => {
  let comes = false
  return () => {
    if (comes) return
    comes = true
    clock.later(() => {
      comes = false
      look()
    }, pause_ms)
  }
}

const systemClock: Clock = {
  now_ms: () => performance.now(),
  later: (look, ms) => void setTimeout(look, ms),
}
