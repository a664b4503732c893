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

const kill = async (target: Target): Promise<Strike> => {
  const [pid, at_ms] = [target.pid(), Date.now()]
  await target.kill()
  await target.restart()
  await target.works()
  return { target: target.name, how: "kill", pid, at_ms, frozen_ms: 0, back_ms: Date.now() - at_ms }
}

const freeze = async (target: Target, frozen_ms: number): Promise<Strike> => {
  const [pid, at_ms] = [target.pid(), Date.now()]
  await target.signal("SIGSTOP")
  await Bun.sleep(frozen_ms)
  await target.signal("SIGCONT")
  await target.works()
  const back_ms = Date.now() - at_ms - frozen_ms
  return { target: target.name, how: "freeze", pid, at_ms, frozen_ms, back_ms }
}

/** Mostly short; now and then as long as it may be. */
const freezeLength = (random: Random, max_ms: number): number =>
  random.next() < 0.3 ? max_ms : random.whole(500, Math.min(4_000, max_ms))

/** All targets in turn, in another order each time; sometimes two at once, sometimes one is only frozen. */
export const strikeAll = async (campaign: Campaign): Promise<readonly Strike[]> => {
  const { targets, random, rest_ms } = campaign
  const strikes: Strike[] = []
  let turn: readonly Target[] = []
  const next = (): Target => {
    if (turn.length === 0) turn = random.shuffled(targets)
    const [first, ...others] = turn
    if (!first) throw new Error("there is nothing to strike")
    turn = others
    return first
  }
  while (strikes.filter(({ how }) => how === "kill").length < campaign.kills) {
    await Bun.sleep(random.whole(...rest_ms))
    const first = next()
    if (random.next() < freeze_share) {
      strikes.push(await freeze(first, freezeLength(random, campaign.max_frozen_ms)))
      continue
    }
    const second = random.next() < pair_share ? next() : undefined
    const struck = second && second.name !== first.name ? [first, second] : [first]
    strikes.push(...(await Promise.all(struck.map(kill))))
  }
  return strikes
}

/** Tries again, whatever breaks meanwhile. */
export const untilWorks = async (what: string, ask: () => Promise<boolean>): Promise<void> => {
  await until(what, () => ask().catch(() => false as const), back_max_ms)
}
