import { setTimeout as wait } from "node:timers/promises"
import type { Api } from "../api.ts"
import { round } from "../measurement.ts"

/** Counting costs what is being waited for. */
const look_ms = 1_000
const max_wait_ms = 120_000

type Counted = { readonly items: readonly { readonly total: number }[] }

/** How many attempts the history has: all, or those that are chosen by a filter. */
export const toldIn = async (api: Api, chosen = ""): Promise<number> => {
  const { items } = await api.call<Counted>(
    "GET",
    `executions/stats?by=task${chosen && `&${chosen}`}&since=1d&every=1d`,
  )
  return items.reduce((sum, { total }) => sum + total, 0)
}

/** Answers a function that waits until so many more are in the history, and says how many seconds that took. */
export const historyBehind = async (
  api: Api,
  chosen: string,
): Promise<(count: number) => Promise<number>> => {
  const before = await toldIn(api, chosen)
  return async (count) => {
    const from_ms = performance.now()
    while ((await toldIn(api, chosen)) < before + count) {
      if (performance.now() - from_ms > max_wait_ms) throw new Error("The history doesn't come")
      await wait(look_ms)
    }
    return round((performance.now() - from_ms) / 1_000, 1)
  }
}
