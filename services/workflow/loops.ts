import { type Loop, loop, type WakeableLoop } from "#kernel/service/loop.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { Bundles } from "./bundle/keep.ts"
import { sweepBundles } from "./bundle/sweep.ts"
import { cleanDrafts } from "./draft/clean.ts"
import { cleanFires } from "./fire/clean.ts"
import type { Firing } from "./fire/clock.ts"
import { fireRound, max_rest_ms } from "./fire/round.ts"
import { cleanDeliveries, cleanTriggered } from "./trigger/clean.ts"
import type { Listening } from "./trigger/listen.ts"
import { startTriggered } from "./trigger/start.ts"

const clean_ms = 600_000

const look_ms = 2_000

/** Begins what the ends of other runs lead to. */
export const triggerLoop = (firing: Firing): WakeableLoop =>
  loop({ name: "workflow.triggers", round: startTriggered(firing), idle_ms: look_ms, log: firing.log })

/** Other instances make triggers, too. */
export const listeningLoop = (listening: Listening, log: Log): Loop =>
  loop({
    name: "workflow.listening",
    async round() {
      await listening.refresh()
      return false
    },
    idle_ms: look_ms,
    log,
  })

export const bundleLoop = (bundles: Bundles, log: Log): Loop =>
  loop({ name: "workflow.bundles", round: sweepBundles(bundles), idle_ms: clean_ms, log })

export const workflowLoops = (firing: Firing, keep_days: number): readonly Loop[] => {
  const { database, log } = firing
  const fire = fireRound(firing)
  let alarm: ReturnType<typeof setTimeout> | undefined
  const schedules: WakeableLoop = loop({
    name: "workflow.schedules",
    async round() {
      clearTimeout(alarm)
      const rest_ms = await fire()
      if (rest_ms > 0 && rest_ms < max_rest_ms) alarm = setTimeout(() => schedules.wake(), rest_ms)
      return rest_ms === 0
    },
    idle_ms: max_rest_ms,
    log,
  })
  const stop = async () => {
    await schedules.stop()
    clearTimeout(alarm)
  }
  return [
    { ...schedules, stop },
    loop({
      ...{ name: "workflow.drafts", round: cleanDrafts(database, keep_days) },
      ...{ idle_ms: clean_ms, log },
    }),
    loop({ name: "workflow.history", round: cleanFires(firing, keep_days), idle_ms: clean_ms, log }),
    loop({
      ...{ name: "workflow.triggered", round: cleanTriggered(database, keep_days) },
      ...{ idle_ms: clean_ms, log },
    }),
    loop({
      ...{ name: "workflow.deliveries", round: cleanDeliveries(database, keep_days) },
      ...{ idle_ms: clean_ms, log },
    }),
  ]
}
