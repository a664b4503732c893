import { isPlain, type Labels, neededFor, type Slot } from "#language/slots.ts"
import type { Lane } from "./lanes.ts"

/** What a worker may be given: a workspace's own worker nothing of any other, and only what it was written for. */
export type Taker = {
  readonly queues: readonly string[]
  /** Of a remote worker; the platform's own work for all. */
  readonly workspace_id: string | null
  /** The functions and types of jobs that a remote worker was written for. */
  readonly takes: readonly string[]
  readonly labels: Labels
}

/** A worker of the platform that takes from all queues. */
export const anybody: Taker = { queues: ["*"], workspace_id: null, takes: [], labels: {} }

export const mayTake = (taker: Taker, { workspace_id, queue, slot }: Lane): boolean =>
  (taker.workspace_id === null || taker.workspace_id === workspace_id) &&
  (taker.queues.includes("*") || taker.queues.includes(queue)) &&
  isFit(taker, slot)

/** Whether the worker has what such a slot asks for. */
const isFit = (taker: Taker, slot: Slot): boolean => {
  if (isPlain(slot)) return taker.workspace_id === null
  const { kind, what, labels } = neededFor(slot)
  const isWrittenFor =
    kind === "remote" ? what !== undefined && taker.takes.includes(what) : taker.workspace_id === null
  return isWrittenFor && Object.entries(labels).every(([key, value]) => taker.labels[key] === value)
}
