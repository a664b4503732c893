import { type Loop, loop, type WakeableLoop } from "#kernel/service/loop.ts"
import { cleanFires } from "./fire/clean.ts"
import type { Firing } from "./fire/clock.ts"
import { fireRound, max_rest_ms } from "./fire/round.ts"

const clean_ms = 600_000

export const workflowLoops = (firing: Firing, keep_days: number): readonly Loop[] => {
  const { log } = firing
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
    loop({ name: "workflow.history", round: cleanFires(firing, keep_days), idle_ms: clean_ms, log }),
  ]
}
