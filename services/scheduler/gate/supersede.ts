import { isRunId } from "#language/run-id.ts"
import type { Engine } from "../engine.ts"
import { loadRuns } from "../run/load.ts"
import { stopRuns } from "../run/stop.ts"
import type { GateRow, TaskRow } from "../step/rows.ts"
import { join, type Step } from "../step/step.ts"
import { tellCancelled } from "../task/tell-unbegun.ts"
import { type Entering, gateOf, leaveGate, wantedGates } from "./gate.ts"

/**
 * Where there is no room for one that cancels others, all that hold its key or wait for it are cancelled: what runs is
 * told to stop, and holds the key until it has. The last of several that come together wins. Answers who is left to come.
 */
export const supersede = async (
  engine: Engine,
  step: Step,
  entering: readonly Entering[],
): Promise<readonly Entering[]> => {
  const cancelling = entering.filter(({ on_conflict }) => on_conflict === "cancel_running")
  if (cancelling.length === 0) return entering
  // Jobs and runs are locked before gates; few can come in between, and those are locked after.
  await lockMembers(engine, step, cancelling)
  const gates = new Map(
    (await step.rows.gates(wantedGates([], cancelling))).map((gate) => [gateOf(gate), gate]),
  )
  const full = cancelling.filter((one) => !hasRoom(gates.get(gateOf(one)), entering))
  if (full.length === 0) return entering
  const members = await lockMembers(engine, step, full)
  for (const id of members) {
    const task = step.tasks.get(id)
    if (task) stopJob(step, task)
  }
  await stopRuns(
    step,
    members.flatMap((id) => step.runs.get(id) ?? []),
    "cancelled",
  )
  return withoutEarlier(step, entering, new Set(full.map(gateOf)))
}

const hasRoom = (gate: GateRow | undefined, entering: readonly Entering[]): boolean => {
  if (!gate) return true
  const same = entering.filter((one) => gateOf(one) === gateOf(gate))
  const last = same.findLastIndex(({ on_conflict }) => on_conflict === "cancel_running")
  return gate.waiting.length === 0 && gate.in_use + last + 1 <= gate.max
}

const lockMembers = async (
  engine: Engine,
  step: Step,
  gates: readonly Entering[],
): Promise<readonly string[]> => {
  const members = await step.rows.membersOf([...new Map(gates.map((gate) => [gateOf(gate), gate])).values()])
  await loadRuns(engine, step, members.filter(isRunId))
  const jobs = members.filter((id) => !isRunId(id) && !step.tasks.has(id))
  if (jobs.length > 0) join(step.tasks, await step.rows.tasks(jobs))
  return members
}

/** What is claimed has to be ended by its worker first. */
const stopJob = (step: Step, task: TaskRow): void => {
  if (task.status === "running" && !task.cancel) {
    task.cancel = true
    step.decided.stopping.push(task)
  }
  if (task.status === "queued" || task.status === "retrying") cancelUnbegun(step, task)
}

const cancelUnbegun = (step: Step, task: TaskRow): void => {
  Object.assign(task, { status: "cancelled", reason: "cancelled" })
  step.decided.unbegun.push(task)
  tellCancelled(step, task, undefined)
  leaveGate(step, task)
}

const withoutEarlier = (
  step: Step,
  entering: readonly Entering[],
  gates: ReadonlySet<string>,
): readonly Entering[] =>
  [...Map.groupBy(entering, gateOf)].flatMap(([gate, some]) => {
    const last = some.findLastIndex(({ on_conflict }) => on_conflict === "cancel_running")
    if (!gates.has(gate) || last <= 0) return some
    for (const { task } of some.slice(0, last)) if (task) cancelUnbegun(step, task)
    return some.slice(last)
  })
