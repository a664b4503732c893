import type { Engine } from "../engine.ts"
import { beginRuns } from "../run/begin.ts"
import type { Waiting } from "../step/rows.ts"
import type { Step } from "../step/step.ts"
import { release } from "../task/release.ts"
import { type Entering, gateOf, passGate, wantedGates } from "./gate.ts"
import { supersede } from "./supersede.ts"

/** What became of those that came, by their ids. */
export type Entered = ReadonlyMap<string, "holds" | "waits" | "refused">

/**
 * Lets in what waits for those that leave, and those that come. A run that is let in may end at once, and so let in the
 * next. It comes last in a step, since a gate is what most transactions share.
 */
export const passGates = async (engine: Engine, step: Step): Promise<Entered> => {
  const { decided, rows } = step
  const entered = new Map<string, "holds" | "waits" | "refused">()
  while (decided.entering.length + decided.leaving.length > 0) {
    const entering = await supersede(engine, step, decided.entering.splice(0))
    const leaving = decided.leaving.splice(0)
    const coming = Map.groupBy(entering, gateOf)
    const going = Map.groupBy(leaving, gateOf)
    const gates = await rows.gates(wantedGates(leaving, entering))
    const passed = gates.map((gate) =>
      passGate(gate, {
        leaving: (going.get(gateOf(gate)) ?? []).map(({ id }) => id),
        entering: coming.get(gateOf(gate)) ?? [],
      }),
    )
    if (passed.length === 0) continue
    await rows.moveGates(passed.map(({ change }) => change))
    for (const { holds, waits, refused } of passed) {
      for (const one of holds) hold(step, one)
      for (const one of waits) wait(step, one)
      for (const { id } of holds) entered.set(id, "holds")
      for (const { id } of waits) entered.set(id, "waits")
      for (const { id } of refused) entered.set(id, "refused")
    }
    await admit(
      engine,
      step,
      passed.flatMap(({ change }) => change.admitted),
    )
  }
  return entered
}

const hold = (step: Step, { task }: Entering): void => {
  if (task) release(step, undefined, task)
}

const wait = (step: Step, { task }: Entering): void => {
  if (!task) return
  task.status = "queued"
  step.decided.blocked.push(task)
  if (task.settings?.queue_timeout_ms) step.decided.expiring.push(task)
}

const admit = async (engine: Engine, step: Step, admitted: readonly Waiting[]): Promise<void> => {
  const runs: string[] = []
  for (const { id, lane } of admitted) {
    if (lane) step.decided.admitted.push({ id, ...lane })
    else runs.push(id)
  }
  await beginRuns(engine, step, runs)
}
