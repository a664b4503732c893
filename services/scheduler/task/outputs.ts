import type { Output } from "../step/rows.ts"
import type { Step } from "../step/step.ts"

export type Outputs = ReadonlyMap<string, Output>

/** The outputs and status of these tasks: of those that this step itself has ended as it has, and the rest as stored. */
export const outputsOf = async (step: Step, wanted: ReadonlySet<string>): Promise<Outputs> => {
  if (wanted.size === 0) return new Map()
  const told = toldBy(step)
  const missing = [...wanted].filter((id) => !told.has(id))
  const found = missing.length === 0 ? [] : await step.rows.outputs(missing)
  return new Map([...told, ...found.map((row) => [row.id, row] as const)])
}

/** What ends in this step itself may not be written yet, nor what a rerun takes over. */
export const toldBy = ({ decided }: Step): Outputs => {
  const told = new Map<string, Output>(decided.waits.outputs)
  for (const { task, earlier } of decided.created)
    told.set(task.id, { id: task.id, status: task.status, outputs: earlier?.outputs ?? null })
  for (const { task, settlement } of [...decided.ended, ...decided.waits.ended, ...decided.folded])
    told.set(task.id, { id: task.id, status: task.status, outputs: settlement.outputs ?? null })
  for (const task of [...decided.unbegun, ...decided.expired.map((one) => one.task)])
    told.set(task.id, { id: task.id, status: task.status, outputs: null })
  return told
}
