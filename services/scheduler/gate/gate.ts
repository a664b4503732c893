import type { Concurrency } from "#language/concurrency.ts"
import type { Gate, GateChange, GateRow, GateWanted, RunRow, TaskRow } from "../step/rows.ts"
import type { Step } from "../step/step.ts"

/** A job or run that wants to hold its key. */
export type Entering = Gate &
  Concurrency & {
    readonly id: string
    /** Null for a run. */
    readonly task: TaskRow | null
  }

/** One that neither holds its key nor waits for it any more. */
export type Leaving = Gate & { readonly id: string }

export const gateOf = ({ workspace_id, key }: Gate): string => `${workspace_id} ${key}`

/** Undefined for a job without a key. */
export const enteringJob = (task: TaskRow): Entering | undefined => {
  const { id, workspace_id, gate_key: key, settings } = task
  if (key === null) return undefined
  const { limit, on_conflict } = settings?.concurrency ?? { limit: 1, on_conflict: "queue" }
  return { id, workspace_id, key, limit, on_conflict, task }
}

export const leaveGate = (step: Step, { id, workspace_id, gate_key: key }: TaskRow | RunRow): void => {
  if (key !== null) step.decided.leaving.push({ id, workspace_id, key })
}

/** The gates that all these come to or leave. */
export const wantedGates = (leaving: readonly Leaving[], entering: readonly Entering[]): GateWanted[] => {
  const all = Map.groupBy<string, Entering | Leaving>([...leaving, ...entering], gateOf)
  return [...all.values()].flatMap((some) => {
    const [first] = some
    if (!first) return []
    const limits = some.flatMap((one) => ("limit" in one ? [one.limit] : []))
    const gone = some.filter((one) => !("limit" in one)).map(({ id }) => id)
    const { workspace_id, key } = first
    return [{ workspace_id, key, max: limits.at(-1) ?? null, leaving: gone }]
  })
}

type Passed = {
  readonly change: GateChange
  readonly holds: readonly Entering[]
  readonly waits: readonly Entering[]
  readonly refused: readonly Entering[]
}

type Movement = { readonly leaving: readonly string[]; readonly entering: readonly Entering[] }

/** Who holds a gate from now on: what waits goes first, in its order. Pure. */
export const passGate = (gate: GateRow, { leaving, entering }: Movement): Passed => {
  const { workspace_id, key, max } = gate
  let in_use = gate.in_use - gate.freed
  const admitted = gate.waiting.slice(0, Math.max(0, max - in_use))
  in_use += admitted.length
  let is_free = admitted.length === gate.waiting.length
  const holds: Entering[] = []
  const waits: Entering[] = []
  const refused: Entering[] = []
  for (const one of entering) {
    is_free &&= in_use < max
    if (is_free) {
      in_use += 1
      holds.push(one)
    } else if (one.on_conflict === "reject") refused.push(one)
    else waits.push(one)
  }
  const ids = (some: readonly Entering[]) => some.map(({ id }) => id)
  const change = { workspace_id, key, in_use, leaving, admitted, holding: ids(holds), waiting: ids(waits) }
  return { change, holds, waits, refused }
}
