import type { Document } from "#kernel/documents/documents.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Archive } from "../archive.ts"
import { executions, openExecutions, runs } from "../collections.ts"
import { attemptKey } from "../log/chunk.ts"
import { after, blank, isTaskEvent, type TaskEvent, taskTopics } from "./after.ts"
import { type Execution, isOpen, versions } from "./execution.ts"
import { markRuns } from "./mark.ts"

const runTopics = ["workflow.started", "workflow.completed"] as const

export const recordedTopics = [...runTopics, ...taskTopics] as const

type RunEvent = Envelope<(typeof runTopics)[number]>

const isRunEvent = (event: Envelope): event is RunEvent =>
  event.type === "workflow.started" || event.type === "workflow.completed"

const runAfter = ({ type, data }: RunEvent): Document => {
  const { run_id: id, workspace_id, workflow } = data
  const known = { id, workspace_id, workflow }
  if (type === "workflow.started") return { ...known, version: versions.started, status: "running" }
  return { ...known, version: versions.ended, status: data.status, finished_at: data.finished_at }
}

const madeWith = ({ type, data }: RunEvent) => {
  if (type !== "workflow.started" || data.inputs === undefined) return []
  return [{ run_id: data.run_id, workspace_id: data.workspace_id, inputs: data.inputs }]
}

type Found = ReadonlyMap<string, Execution>

const foundIn = async (
  { documents }: Archive,
  collection: typeof executions,
  ids: readonly string[],
): Promise<Found> => {
  if (ids.length === 0) return new Map()
  const found = await documents.find(collection, { where: { id: { in: ids } }, order: [], limit: ids.length })
  return new Map(found.map((document) => [document.id, document as Execution]))
}

/** What these events make of what was known of their attempts. */
const folded = (events: readonly TaskEvent[], known: Found): ReadonlyMap<string, Execution> => {
  const all = new Map<string, Execution>()
  for (const event of events) {
    const id = attemptKey(event.data)
    all.set(id, after(all.get(id) ?? known.get(id) ?? blank(event), event))
  }
  return all
}

/**
 * Attempts that go on are kept apart: what has ended is written once and never again, and one that began and ended in
 * the same batch is written nowhere else. Whoever dies in between has the same events again.
 */
const recordTasks = async (archive: Archive, events: readonly TaskEvent[]): Promise<void> => {
  if (events.length === 0) return
  const { documents } = archive
  const ids = [...new Set(events.map(({ data }) => attemptKey(data)))]
  const open = await foundIn(archive, openExecutions, ids)
  const first = folded(events, open)
  // One whose beginning has come alone may be late, and over; one whose end has may have begun before there was an apart.
  const strange = ids.filter((id) => !open.has(id) && isUnclear(first.get(id)))
  const stored = await foundIn(archive, executions, strange)
  const all = stored.size === 0 ? first : folded(events, new Map([...stored, ...open]))
  const [going, over] = [[...all.values()].filter(isOpen), [...all.values()].filter((one) => !isOpen(one))]
  await archive.mark(over)
  await documents.put(executions, over)
  await documents.put(openExecutions, going)
  const left = over.filter(({ id }) => open.has(id)).map(({ id }) => id)
  if (left.length > 0) await documents.remove(openExecutions, { id: { in: left } }, left.length)
}

const isUnclear = (execution: Execution | undefined): boolean =>
  execution !== undefined && (isOpen(execution) || (execution.started_at === null && execution.attempt > 0))

/** Executions first: whoever sees that a run has ended also sees how much its attempts have logged. */
export const recordEvents =
  (archive: Archive) =>
  async (events: readonly Envelope[]): Promise<void> => {
    await recordTasks(archive, events.filter(isTaskEvent))
    const ofRuns = events.filter(isRunEvent)
    await markRuns(archive.documents, ofRuns.flatMap(madeWith))
    await archive.documents.put(runs, ofRuns.map(runAfter))
    for (const run_id of new Set(ofRuns.map(({ data }) => data.run_id))) archive.moved.fire(run_id)
  }
