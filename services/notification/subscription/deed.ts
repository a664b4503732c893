import type { Deed } from "#kernel/audit/record.ts"

type Turn = "created" | "changed" | "deleted" | "paused" | "resumed" | "secret_rotated"

/** What somebody did to a subscription; not where it leads. */
export const subscriptionDeed = (
  turn: Turn,
  { id, name, channel, user_id }: { id: string; name: string; channel: string; user_id: string | null },
): Deed => ({
  action: `subscription.${turn}`,
  subject: { kind: "subscription", id, name },
  details: { channel, scope: user_id === null ? "workspace" : "own" },
})
