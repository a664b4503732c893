import { Problem } from "#kernel/problem/problem.ts"

export type Use = { readonly principal: string; readonly count: number }

export type Uses = { readonly window: number; readonly uses: readonly Use[] }

/** Tells identity how much was used here in a window, and answers how much elsewhere. */
export type ReportUse = (uses: Uses) => Promise<readonly Use[]>

/** How many requests somebody may send, whichever instances answer them. */
export type Allowance = {
  /** Counts one of a user, with all their sessions and tokens, or of an address; refuses it where there were too many. */
  spend(principal: string): void
}

const window_ms = 10_000

/** Between two reports; the limit may be exceeded by what is sent everywhere within twice this time. */
const report_ms = 500
/** Who uses less than a twentieth of the limit is no matter for others, however many instances there are. */
const told_share = 0.05
const max_principals = 100_000

type Spent = { count: number; told: number; elsewhere: number }

type Clock = { readonly now: () => number }

type Options = Clock & {
  /** A second; 0 for as many as they like. */
  readonly per_s: number
  readonly report: ReportUse
}

const endless: Allowance = { spend: () => undefined }

/**
 * Counts in memory, so that a request costs a look into a map. Those who use much are told to identity now and then, all in
 * one call, and their use elsewhere counts as well. While identity is away each instance counts for itself.
 */
export const createAllowance = ({ per_s, report, now }: Options): Allowance => {
  if (per_s === 0) return endless
  const limit = (per_s * window_ms) / 1_000
  let window = 0
  let spent = new Map<string, Spent>()
  let reported_ms = 0

  const spentBy = (principal: string): Spent => {
    const known = spent.get(principal)
    if (known) return known
    const fresh = { count: 0, told: 0, elsewhere: 0 }
    if (spent.size < max_principals) spent.set(principal, fresh)
    return fresh
  }

  const tell = async (): Promise<void> => {
    const told = window
    const all = spent
    const heavy = [...all].filter(([, one]) => one.count > one.told && one.count > limit * told_share)
    const uses = heavy.map(([principal, one]) => {
      one.told = one.count
      return { principal, count: one.count }
    })
    for (const { principal, count } of await report({ window: told, uses })) {
      const one = all.get(principal)
      if (one) one.elsewhere = count
    }
  }

  return {
    spend(principal) {
      const now_ms = now()
      const current = Math.floor(now_ms / window_ms)
      if (current !== window) {
        window = current
        spent = new Map()
      }
      const one = spentBy(principal)
      one.count += 1
      if (one.count > limit * told_share && now_ms - reported_ms >= report_ms) {
        reported_ms = now_ms
        // Without an answer what is known here counts.
        tell().catch(() => undefined)
      }
      if (one.count + one.elsewhere <= limit) return
      const retry_after_s = Math.ceil(((window + 1) * window_ms - now_ms) / 1_000)
      throw new Problem("request.too_many", {
        detail: `At most ${per_s} requests a second are taken from you, counted over ${window_ms / 1_000} s.`,
        retry_after_s,
      })
    },
  }
}
