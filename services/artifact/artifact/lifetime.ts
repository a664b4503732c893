import type { Actor } from "#kernel/auth/actor.ts"

/** A link needs no token: it ends with the one that it was made with at the latest. */
export const lifetimeOf = ({ expires_at }: Actor, wanted_s: number, now: Date): number => {
  if (expires_at === undefined) return wanted_s
  // A second less than whole ones: it takes a moment until the link is made.
  const left_s = Math.ceil((new Date(expires_at).getTime() - now.getTime()) / 1000) - 1
  return Math.max(1, Math.min(wanted_s, left_s))
}
