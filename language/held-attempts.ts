/** What a worker holds of a claim's answers, and which of its claims have been answered. */
export type HeldAttempts<Held> = {
  /** Runs a call that may claim, and notes what its answer brought. */
  claiming<Answer>(call: () => Promise<Answer>, heldIn: (answer: Answer) => readonly Held[]): Promise<Answer>
  held(): readonly Held[]
  settled(one: Held): void
  /** The newest token of which every older claim has been answered too. */
  lastToken(): bigint
}

type Ways<Held> = {
  /** What it is known by when it is settled. */
  readonly keyOf: (one: Held) => unknown
  readonly tokenOf: (one: Held) => bigint
}

/** The same for the platform's own workers and those of others, who speak of attempts in different shapes. */
export const createHeldAttempts = <Held>({ keyOf, tokenOf }: Ways<Held>): HeldAttempts<Held> => {
  const kept = new Map<unknown, Held>()
  const under_way = new Set<{ readonly answered_before: bigint }>()
  let answered = 0n
  return {
    async claiming(send, heldIn) {
      const call = { answered_before: answered }
      under_way.add(call)
      try {
        const answer = await send()
        for (const one of heldIn(answer)) {
          kept.set(keyOf(one), one)
          const token = tokenOf(one)
          if (token > answered) answered = token
        }
        return answer
      } finally {
        under_way.delete(call)
      }
    },
    held: () => [...kept.values()],
    settled(one) {
      kept.delete(keyOf(one))
    },
    lastToken() {
      let token = answered
      for (const { answered_before } of under_way) if (answered_before < token) token = answered_before
      return token
    },
  }
}
