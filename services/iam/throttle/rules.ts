/** How many tries are free, how soon each is forgotten, and how long the next one has to wait at most. */
export type Rule = { readonly free: number; readonly forget_s: number; readonly max_wait_s: number }

export const rules = {
  /** Guessing one account's password from one place. The wait stays short: somebody else may sit in the same place. */
  pair: { free: 5, forget_s: 60, max_wait_s: 60 },
  /** Guessing from one place, whosever passwords. */
  address: { free: 50, forget_s: 6, max_wait_s: 60 },
  /** Guessing one account's password from everywhere; places that its holder has signed in from are let through. */
  account: { free: 20, forget_s: 30, max_wait_s: 60 },
  /** Asking for accounts and passwords by mail, from one place. */
  asking: { free: 100, forget_s: 10, max_wait_s: 60 },
  /** Mail of one kind that one address gets because somebody asked for it. */
  letter: { free: 5, forget_s: 3_600, max_wait_s: 3_600 },
  /** Invitations that one address gets by mail, from all workspaces. */
  invitation: { free: 20, forget_s: 3_600, max_wait_s: 3_600 },
} as const satisfies Record<string, Rule>

export type RuleName = keyof typeof rules

export type Count = { readonly level: number; readonly at: Date; readonly free_at: Date }

const second_ms = 1_000

/** What counts now of what was tried before. */
const left = ({ level, at }: Count, { forget_s }: Rule, now: Date): number =>
  Math.max(0, level - (now.getTime() - at.getTime()) / second_ms / forget_s)

/** How long to wait, 0 when it may be tried now. */
export const waitOf = ({ free_at }: Count, now: Date): number =>
  Math.max(0, Math.ceil((free_at.getTime() - now.getTime()) / second_ms))

/** What is counted once it is tried: beyond the free ones each makes the next wait twice as long. */
export const counted = (count: Count, rule: Rule, now: Date): Count => {
  const level = left(count, rule, now) + 1
  const over = Math.round(level) - rule.free
  const wait_s = over < 0 ? 0 : Math.min(2 ** Math.min(over, 30), rule.max_wait_s)
  return { level, at: now, free_at: new Date(now.getTime() + wait_s * second_ms) }
}
