import type { Document } from "#kernel/documents/documents.ts"
import type { Envelope } from "#kernel/events/envelope.ts"
import type { Archive } from "../archive.ts"
import { executions, openExecutions, runs } from "../collections.ts"
import { attemptKey } from "../log/chunk.ts"
import { after, blank, isTaskEvent, type TaskEvent, taskTopics, wholeOf } from "./after.ts"
import { type Execution, isOpen, versions } from "./execution.ts"
import { markRuns } from "./mark.ts"
import { executionOfJob, isJobEvent } from "./of-job.ts"

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
  // Of before attempts were kept apart there may be beginnings among those that have ended.
  const stored = await foundIn(archive, executions, [...first.values()].filter(lacksBeginning).map(idOf))
  const all = stored.size === 0 ? first : folded(events, new Map([...stored, ...open]))
  const [going, over] = [[...all.values()].filter(isOpen), [...all.values()].filter((one) => !isOpen(one))]
  await write(archive, over)
  await documents.put(openExecutions, going)
  await close(
    archive,
    over.map(idOf).filter((id) => open.has(id)),
  )
  await mend(archive, [...going, ...over.filter(lacksBeginning)].map(idOf))
}

const idOf = ({ id }: Execution): string => id

/** What was never begun has no attempt. */
const lacksBeginning = (execution: Execution): boolean =>
  !isOpen(execution) && execution.started_at === null && execution.attempt > 0

const write = async (archive: Archive, over: readonly Execution[]): Promise<void> => {
  await archive.mark(over)
  await archive.documents.put(executions, over)
}

const close = async ({ documents }: Archive, ids: readonly string[]): Promise<void> => {
  if (ids.length > 0) await documents.remove(openExecutions, { id: { in: ids } }, ids.length)
}

/**
 * The beginning and the end of an attempt may be handled at the same time, or in the wrong order: each looks for the other
 * when it has written its own, so that at least one of them finds both.
 */
const mend = async (archive: Archive, ids: readonly string[]): Promise<void> => {
  const over = await foundIn(archive, executions, ids)
  const ended = [...over.values()].filter((one) => !isOpen(one))
  const open = await foundIn(archive, openExecutions, ended.map(idOf))
  const both = ended.filter(({ id }) => open.has(id))
  await write(
    archive,
    both.filter(lacksBeginning).map((end) => wholeOf(end, open.get(end.id) ?? end)),
  )
  await close(archive, both.map(idOf))
}

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

/** They are whole from the start, and none of them is open before: so nothing is read. */
export const recordJobs =
  (archive: Archive) =>
  (events: readonly Envelope[]): Promise<void> =>
    write(archive, events.filter(isJobEvent).flatMap(executionOfJob))
