import type { KeptTasks } from "../run/keep.ts"
import type { Begun } from "../run/start.ts"
import type { Step } from "../step/step.ts"

/** A run at its start, with what its tasks have taken over by then as what they kept. */
export const withTakenOver = ({ decided }: Step, begun: Begun): Begun => {
  const { ended } = decided.waits
  if (ended.length === 0) return begun
  const taken: KeptTasks = new Map(
    ended.flatMap(({ task, reused_from, settlement }) =>
      reused_from === undefined || task.run_id !== begun.run.id || task.item !== null
        ? []
        : [[task.idx, { id: reused_from, task: task.task, outputs: settlement.outputs ?? null }]],
    ),
  )
  return { ...begun, kept: new Map([...begun.kept, ...taken]) }
}
