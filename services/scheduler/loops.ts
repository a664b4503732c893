import { type Loop, loop } from "#kernel/service/loop.ts"
import type { Engine } from "./engine.ts"
import { cleanEnded } from "./retention/clean.ts"
import { sweepSessions } from "./session/sweep.ts"
import { fireTimers } from "./timer/fire.ts"

const sweep_ms = 1_000
const timer_ms = 100
const clean_ms = 60_000

export const schedulerLoops = (engine: Engine, keep_days: number): readonly Loop[] => {
  const { log } = engine
  return [
    loop({ name: "scheduler.sweep", round: sweepSessions(engine), idle_ms: sweep_ms, log }),
    loop({ name: "scheduler.retention", round: cleanEnded(engine, keep_days), idle_ms: clean_ms, log }),
    loop({ name: "scheduler.timers", round: fireAndRest(engine), idle_ms: timer_ms, log }),
  ]
}

/** Heard from before it looks, so that nothing that becomes due meanwhile waits for the next look. */
const fireAndRest = (engine: Engine) => {
  const fire = fireTimers(engine)
  return async (stop: AbortSignal): Promise<boolean> => {
    const due = engine.due.next(timer_ms, stop)
    if (!(await fire())) await due
    return true
  }
}
