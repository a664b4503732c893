import type { Client } from "#sdk/client.ts"
import { rest } from "#sdk/follow.ts"
import { WfProblem, WfUnreachable } from "#sdk/problem.ts"
import type { Page } from "#sdk/shapes.ts"

/** Where something comes from, and how often it is asked for at most. */
export type Source<Fact> = {
  readonly every_ms: number
  readonly ask: (client: Client, signal: AbortSignal) => Promise<Fact>
}

export type Told<Facts> =
  | { readonly kind: "answered"; readonly facts: Partial<Facts> }
  | { readonly kind: "refused"; readonly name: keyof Facts; readonly text: string }
  | { readonly kind: "trouble"; readonly what: "slow" | "away"; readonly since_ms: number }

type Polling<Facts> = {
  readonly sources: { readonly [Name in keyof Facts]: Source<Facts[Name] & Page<unknown>> }
  readonly client: Client
  readonly signal: AbortSignal
  readonly change: (told: Told<Facts>) => void
  readonly now: () => Date
}

/** What takes the platform long is asked for seldom: it spends no more than a twentieth of its time on one list. */
const share = 20
const slow_ms = 3_000
const again_ms = 1_000
const refused_ms = 60_000

/**
 * Asks for one list after another, never for two at once, until it is told to stop. Throws when nobody is signed in
 * any more.
 */
export const pollFacts = async <Facts>(polling: Polling<Facts>): Promise<void> => {
  const { signal, sources } = polling
  const due = new Map((Object.keys(sources) as (keyof Facts)[]).map((name) => [name, 0]))
  while (!signal.aborted) {
    const [name, due_ms] = nextOf(due)
    await rest(Math.max(0, due_ms - performance.now()), signal)
    if (signal.aborted) return
    due.set(name, performance.now() + (await askFor(name, polling)))
  }
}

const nextOf = <Name>(due: ReadonlyMap<Name, number>): readonly [name: Name, due_ms: number] => {
  const [first, ...others] = due
  if (!first) throw new Error("there is nothing to ask for")
  return others.reduce((next, other) => (other[1] < next[1] ? other : next), first)
}

/** Answers when to ask again. */
const askFor = async <Facts>(
  name: keyof Facts,
  { sources, client, signal, change, now }: Polling<Facts>,
): Promise<number> => {
  const since_ms = now().getTime()
  const begun_ms = performance.now()
  const slow = setTimeout(() => change({ kind: "trouble", what: "slow", since_ms }), slow_ms)
  try {
    const fact = await sources[name].ask(client, signal)
    // While it restarts, something else may answer in its place.
    if (!Array.isArray(fact.items)) throw new WfUnreachable("the platform", fact)
    if (!signal.aborted) change({ kind: "answered", facts: { [name]: fact } as Partial<Facts> })
    return Math.max(sources[name].every_ms, share * (performance.now() - begun_ms))
  } catch (error) {
    if (signal.aborted) return 0
    if (isPassing(error)) {
      change({ kind: "trouble", what: "away", since_ms })
      await rest(again_ms, signal)
      return 0
    }
    if (!(error instanceof WfProblem) || error.status === 401) throw error
    change({ kind: "refused", name, text: error.message })
    return refused_ms
  } finally {
    clearTimeout(slow)
  }
}

/** The platform may answer again. */
export const isPassing = (error: unknown): boolean =>
  error instanceof WfUnreachable ||
  (error instanceof WfProblem && (error.status >= 500 || error.status === 429))
