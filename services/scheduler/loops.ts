import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Engine } from "./engine.ts"
import { sweepSessions } from "./session/sweep.ts"
import { fireTimers } from "./timer/fire.ts"

const sweep_ms = 1_000
const timer_ms = 100

export const schedulerLoops = (engine: Engine): readonly Loop[] => {
  const { log } = engine
  return [
    loop({ name: "scheduler.sweep", round: sweepSessions(engine), idle_ms: sweep_ms, log }),
    loop({ name: "scheduler.timers", round: fireTimers(engine), idle_ms: timer_ms, log }),
  ]
}
