import type { Engine } from "../engine.ts"
import type { Step } from "./step.ts"

/** After the commit. Nothing relies on it: whoever waits also looks by itself. */
export const announce = (engine: Engine, { decided }: Step): void => {
  if (decided.released.length > 0) {
    engine.lanes.note(decided.released)
    engine.ready.fire()
  }
  if (decided.events.length > 0) engine.moved.fire()
  if (decided.stopping.length > 0) engine.stopped.fire()
  for (const { status } of decided.finished) engine.ended.add({ status })
}
