import type { Engine } from "../engine.ts"
import { rememberRuns } from "../run/load.ts"
import { timeOf } from "../task/tell.ts"
import type { Waits } from "../wait/waits.ts"
import type { Step } from "./step.ts"

/** After the commit. Nothing relies on it: whoever waits also looks by itself. */
export const announce = (engine: Engine, step: Step): void => {
  const { decided, now } = step
  rememberRuns(engine, step)
  engine.told.keep(step.told)
  engine.lanes.note(decided.left)
  // Where only so many may run at once, an end makes room for what waits.
  if (decided.ended.some(({ task }) => engine.queues.isLimited(task))) engine.ready.fire()
  if (decided.released.length + decided.admitted.length > 0) {
    engine.lanes.note(decided.released)
    engine.lanes.note(decided.admitted)
    engine.ready.fire()
  }
  engine.measures.ended([...decided.ended, ...decided.expired], now.getTime())
  engine.measures.waited(decided.waits.ended)
  const at = timeOf(step)
  const ended = new Set(decided.finished.map(({ id }) => id))
  for (const [id, facts] of decided.events) {
    const workspace_id = step.runs.get(id)?.workspace_id ?? ""
    engine.feed.publish({ id, workspace_id }, { at, facts, ended: ended.has(id) })
  }
  if (decided.events.size > 0) engine.moved.fire()
  if (decided.stopping.length > 0) engine.stopped.fire()
  if (isDueAtOnce(decided.waits)) engine.due.fire()
  for (const { status } of decided.finished) engine.measures.runEnded(status)
}

/** Runs that are to begin or to stop, and tasks whose runs have ended: each by a timer that nobody has to wait for. */
const isDueAtOnce = ({ begun, told, orphaned }: Waits): boolean =>
  told.length > 0 ||
  orphaned.length > 0 ||
  begun.some(({ timers }) => timers.some(({ kind }) => kind === "begin"))
