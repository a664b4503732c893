import { Problem } from "#kernel/problem/problem.ts"
import { createSignal, type Signal } from "#kernel/service/signal.ts"
import { limits } from "./limits.ts"

export type Holder = { readonly workspace_id: string; readonly user_id: string }

/** `opening` counts the openings of this process: one that closes doesn't take away what a later one has noted. */
export type Held = Holder & { readonly signal: Signal; news: number; count: number; opening: number }

const keyOf = ({ workspace_id, user_id }: Holder): string => `${workspace_id} ${user_id}`

/** The people whose streams this process holds. */
export const createHeld = () => {
  const held = new Map<string, Held>()
  let open_streams = 0
  let openings = 0
  return {
    hold(holder: Holder): Held {
      const found = held.get(keyOf(holder)) ?? {
        ...holder,
        ...{ signal: createSignal(), news: 0, count: 0, opening: 0 },
      }
      if (found.count >= limits.per_user)
        throw new Problem("stream.too_many", {
          detail: `There may be ${limits.per_user} of yours at this place.`,
        })
      if (open_streams >= limits.in_all) throw new Problem("platform.busy", { retry_after_s: 5 })
      openings += 1
      open_streams += 1
      found.count += 1
      found.opening = openings
      held.set(keyOf(holder), found)
      return found
    },
    /** Answers whether it was their last one. */
    letGo(one: Held): boolean {
      one.count -= 1
      open_streams -= 1
      if (one.count > 0) return false
      held.delete(keyOf(one))
      return true
    },
    wake(holders: readonly Holder[]): void {
      for (const holder of holders) {
        const one = held.get(keyOf(holder))
        if (!one) continue
        one.news += 1
        one.signal.fire()
      }
    },
    count: (): number => open_streams,
    all: (): readonly Held[] => [...held.values()],
  }
}
