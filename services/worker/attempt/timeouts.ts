import type { LateAbort } from "#kernel/service/late-abort.ts"
import type { Attempt } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { TaskError } from "../executor/executor.ts"

type Watched = {
  readonly attempt: Attempt
  readonly stop: LateAbort
  timer: ReturnType<typeof setTimeout> | undefined
  is_over: boolean
}

/** Stops attempts that take longer than they may. */
export type Timeouts = {
  begin(attempt: Attempt, stop: LateAbort): Watched
  end(watched: Watched): void
}

/** The longest that a timer takes. */
const max_timer_ms = 2_147_483_647

/** Timers are opened together after the turn in which attempts begin: most of the worker's own functions have ended by then. */
export const createTimeouts = (): Timeouts => {
  let begun: Watched[] = []
  const openTimers = () => {
    for (const watched of begun) if (!watched.is_over) openTimer(watched)
    begun = []
  }
  return {
    begin(attempt, stop) {
      const watched: Watched = { attempt, stop, timer: undefined, is_over: false }
      if (begun.length === 0) setImmediate(openTimers)
      begun.push(watched)
      return watched
    },
    end(watched) {
      watched.is_over = true
      clearTimeout(watched.timer)
    },
  }
}

const openTimer = (watched: Watched): void => {
  const { attempt, stop } = watched
  const limit_ms = Math.min(Number(attempt.timeoutMs), max_timer_ms)
  watched.timer = setTimeout(() => stop.abort(timedOut(attempt)), limit_ms)
}

const timedOut = ({ timeoutMs }: Attempt): TaskError => ({
  code: "task.timeout",
  message: `The attempt took longer than its timeout of ${Number(timeoutMs) / 1000} s.`,
})
