import { Problem } from "#kernel/problem/problem.ts"
import type { Life } from "#services/scheduler/memory/life.ts"
import type { Scheduler } from "./scheduler.ts"
import type { World } from "./world.ts"

/** Nobody answered in time. */
export class TimedOut extends Error {}

export type Call<Answer> = {
  /** Who asks. */
  readonly life: Life
  readonly what: string
  readonly timeout_ms: number
  readonly ask: (scheduler: Scheduler) => Promise<Answer>
}

/** Drops, doubles, delays and reorders what workers and schedulers tell each other. */
export type Network = {
  /** All that are alive, or will be again. */
  readonly schedulers: Scheduler[]
  call<Answer>(call: Call<Answer>): Promise<Answer>
}

/** No answer comes later than this after its question was sent: heartbeats rest on it. */
const max_delay_ms = 9_000

export const createNetwork = (world: World): Network => {
  const { chance, clock, weather } = world
  const schedulers: Scheduler[] = []
  const delay = () => {
    if (weather.rough && chance.happens(0.03)) return chance.between(500, max_delay_ms)
    return 0.2 + chance.random() * 5
  }
  const isLost = () => weather.rough && chance.happens(0.04)
  const chosen = new Map<Life, Scheduler>()
  // A connection lasts, until it doesn't.
  const chosenBy = (life: Life): Scheduler => {
    const known = chosen.get(life)
    if (known?.life.alive && !chance.happens(0.1)) return known
    const scheduler = chance.pick(schedulers)
    chosen.set(life, scheduler)
    return scheduler
  }
  const deliver = async <Answer>(
    call: Call<Answer>,
    settle: (answer: () => Answer) => void,
  ): Promise<void> => {
    const scheduler = chosenBy(call.life)
    await clock.sleep(delay(), scheduler.life)
    const answer = await outcome(call, scheduler)
    world.trace(() => `${call.what} at ${scheduler.name}${told(answer)}`)
    if (!answer || !scheduler.life.alive || isLost()) return
    clock.in(delay(), () => settle(answer), call.life)
  }
  const outcome = async <Answer>(
    { ask }: Call<Answer>,
    scheduler: Scheduler,
  ): Promise<(() => Answer) | undefined> => {
    try {
      const answer = await ask(scheduler)
      return () => answer
    } catch (error) {
      world.expected(error)
      return () => {
        throw error
      }
    }
  }
  return {
    schedulers,
    call: (call) =>
      new Promise((resolve, reject) => {
        const settle = (answer: () => Parameters<typeof resolve>[0]) => {
          try {
            resolve(answer())
          } catch (error) {
            reject(error)
          }
        }
        clock.in(call.timeout_ms, () => reject(new TimedOut(call.what)), call.life)
        if (!isLost()) void deliver(call, settle)
        if (weather.rough && chance.happens(0.03)) void deliver(call, settle)
      }),
  }
}

const told = (answer: (() => unknown) | undefined): string => {
  try {
    answer?.()
    return ""
  } catch (error) {
    return `: ${error instanceof Problem ? error.code : String(error)}`
  }
}
