/** What is followed: of a run, those that follow the same of it. */
export type Followed = { readonly run_id: string; readonly scope: string }

export type Wait = {
  /** Without a fire, one of those that wait for the same is woken this often, to look for all of them. */
  readonly look_ms: number
  /** It waits no longer than this. */
  readonly wait_ms: number
  readonly signal: AbortSignal
}

export type Woken = "told" | "look"

/** Wakes who follows a run in this process. Nothing relies on a fire: there is always one who looks without it. */
export type RunSignal = {
  fire(run_id: string): void
  /** Answers what woke it: "told" by a fire, or its turn to look by itself. */
  next(followed: Followed, wait: Wait): Promise<Woken>
  /** Grows with every fire: what was read before one may lack what it told of. */
  generation(): number
}

type Party = {
  readonly wakes: Set<(woken: Woken) => void>
  looking: ReturnType<typeof setTimeout> | undefined
}

export const createRunSignal = (): RunSignal => {
  const runs = new Map<string, Map<string, Party>>()
  let generation = 0

  const partyOf = ({ run_id, scope }: Followed): Party => {
    const parties = runs.get(run_id) ?? new Map<string, Party>()
    const party = parties.get(scope) ?? { wakes: new Set(), looking: undefined }
    runs.set(run_id, parties.set(scope, party))
    return party
  }

  const leave = ({ run_id, scope }: Followed, wake: (woken: Woken) => void): void => {
    const parties = runs.get(run_id)
    const party = parties?.get(scope)
    if (!parties || !party) return
    party.wakes.delete(wake)
    if (party.wakes.size > 0) return
    clearTimeout(party.looking)
    parties.delete(scope)
    if (parties.size === 0) runs.delete(run_id)
  }

  /** The one who waits longest looks; who is woken has to wait again to have another turn. */
  const look = (party: Party, look_ms: number): void => {
    party.looking ??= setTimeout(() => {
      party.looking = undefined
      const [first, ...others] = party.wakes
      if (others.length > 0) look(party, look_ms)
      first?.("look")
    }, look_ms)
  }

  return {
    generation: () => generation,
    fire(run_id) {
      generation += 1
      const parties = [...(runs.get(run_id)?.values() ?? [])]
      for (const wake of parties.flatMap(({ wakes }) => [...wakes])) wake("told")
    },
    next: (followed, { look_ms, wait_ms, signal }) =>
      new Promise((resolve) => {
        const wake = (woken: Woken) => {
          clearTimeout(timer)
          leave(followed, wake)
          signal.removeEventListener("abort", leaving)
          resolve(woken)
        }
        const leaving = () => wake("look")
        const timer = setTimeout(leaving, wait_ms)
        const party = partyOf(followed)
        party.wakes.add(wake)
        look(party, look_ms)
        if (signal.aborted) leaving()
        else signal.addEventListener("abort", leaving)
      }),
  }
}
