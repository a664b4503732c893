import { type Outcome, runStage, type Stage } from "./stage.ts"

type Watch = {
  readonly report: (stage: Stage, outcome: Outcome | "not run") => void
  /** Once it is aborted nothing more begins. */
  readonly stop: AbortSignal
}

const places = 2

/** Runs stages in their order, as many at once as there are places; what waits for a failed one isn't run. */
export const runStages = async (stages: readonly Stage[], { report, stop }: Watch): Promise<void> => {
  const waiting = [...stages]
  const ended = new Map<string, boolean>()
  const running = new Set<Promise<void>>()
  let free = places

  const isReady = ({ after }: Stage) => after === undefined || ended.has(after) || !isPlanned(after)
  const isPlanned = (name: string) => stages.some((stage) => stage.name === name)
  const begin = (stage: Stage) => {
    free -= stage.places
    const under_way = runStage(stage).then((outcome) => {
      free += stage.places
      ended.set(stage.name, outcome.ok)
      running.delete(under_way)
      report(stage, outcome)
    })
    running.add(under_way)
  }
  const skip = (stage: Stage) => {
    ended.set(stage.name, false)
    report(stage, "not run")
  }
  /** The first that may begin. One that needs more room than there is holds back those behind it. */
  const takeNext = (): Stage | undefined => {
    const index = waiting.findIndex(isReady)
    const next = waiting[index]
    if (next === undefined || next.places > free) return undefined
    waiting.splice(index, 1)
    return next
  }

  stop.addEventListener("abort", () => waiting.splice(0))
  while (waiting.length > 0 || running.size > 0) {
    const next = takeNext()
    if (next === undefined) await Promise.race(running)
    else if (next.after !== undefined && ended.get(next.after) === false) skip(next)
    else begin(next)
  }
}
