import { until } from "#kernel/testing/until.ts"
import type { Random } from "./random.ts"

/** Something of the platform that can be struck. */
export type Target = {
  readonly name: string
  pid(): number
  kill(): Promise<void>
  /** Brings it back; resolves when it says that it is ready. */
  restart(): Promise<void>
  signal(signal: "SIGSTOP" | "SIGCONT"): Promise<void>
  /** Resolves once what it is for works again. */
  works(): Promise<void>
}

export type Strike = {
  readonly target: string
  readonly how: "kill" | "freeze"
  readonly pid: number
  readonly at_ms: number
  /** How long it was frozen. */
  readonly frozen_ms: number
  /** From the strike until it did its work again. */
  readonly back_ms: number
}

export type Campaign = {
  readonly targets: readonly Target[]
  readonly random: Random
  readonly kills: number
  /** Between two strikes. */
  readonly rest_ms: readonly [number, number]
  /** The longest of all freezes; beyond the lease a worker's work is given to others. */
  readonly max_frozen_ms: number
}

const freeze_share = 0.25
const pair_share = 0.15

const back_max_ms = 60_000

/** Struck already; `back` resolves when it does its work again. */
type Struck = { readonly target: Target; readonly back: Promise<Strike> }

const kill = async (target: Target): Promise<Struck> => {
  const [pid, at_ms] = [target.pid(), Date.now()]
  await target.kill()
  const back = async (): Promise<Strike> => {
    await target.restart()
    await target.works()
    return { target: target.name, how: "kill", pid, at_ms, frozen_ms: 0, back_ms: Date.now() - at_ms }
  }
  return { target, back: back() }
}

const freeze = async (target: Target, frozen_ms: number): Promise<Struck> => {
  const [pid, at_ms] = [target.pid(), Date.now()]
  await target.signal("SIGSTOP")
  await Bun.sleep(frozen_ms)
  await target.signal("SIGCONT")
  const back = async (): Promise<Strike> => {
    await target.works()
    const back_ms = Date.now() - at_ms - frozen_ms
    return { target: target.name, how: "freeze", pid, at_ms, frozen_ms, back_ms }
  }
  return { target, back: back() }
}

/** Mostly short; now and then as long as it may be. */
const freezeLength = (random: Random, max_ms: number): number =>
  random.next() < 0.3 ? max_ms : random.whole(500, Math.min(4_000, max_ms))

/** What takes longer to come back is left to it while others are struck. */
const patience_ms = 6_000

/** All targets in turn, in another order each time; sometimes two at once, sometimes one is only frozen. */
export const strikeAll = async (campaign: Campaign): Promise<readonly Strike[]> => {
  const { targets, random, rest_ms } = campaign
  const all: Promise<Strike>[] = []
  const away = new Set<Target>()
  let turn: readonly Target[] = []
  const next = (): Target | undefined => {
    if (turn.length === 0) turn = random.shuffled(targets)
    const [first, ...others] = turn
    turn = others
    return first && !away.has(first) ? first : undefined
  }
  const watch = async ({ target, back }: Struck): Promise<void> => {
    away.add(target)
    all.push(back)
    await back.finally(() => away.delete(target))
  }
  let kills = 0
  while (kills < campaign.kills) {
    await Bun.sleep(random.whole(...rest_ms))
    const struck = await strikeNext(campaign, next)
    kills += struck.filter(({ how }) => how === "kill").length
    await Promise.race([Promise.all(struck.map(watch)), Bun.sleep(patience_ms)])
  }
  return Promise.all(all)
}

type Chosen = Struck & { readonly how: Strike["how"] }

const strikeNext = async (
  { random, max_frozen_ms }: Campaign,
  next: () => Target | undefined,
): Promise<readonly Chosen[]> => {
  const first = next()
  if (!first) return []
  if (random.next() < freeze_share) {
    return [{ ...(await freeze(first, freezeLength(random, max_frozen_ms))), how: "freeze" }]
  }
  const second = random.next() < pair_share ? next() : undefined
  const both = second && second !== first ? [first, second] : [first]
  return Promise.all(both.map(async (target) => ({ ...(await kill(target)), how: "kill" as const })))
}

/** Tries again, whatever breaks meanwhile. */
export const untilWorks = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
  await until(what, () => ask().catch(() => false as const), back_max_ms)
}
