import { lastTaskRunId } from "#language/run-id.ts"
import { executions, logChunks } from "../collections.ts"
import type { Execution } from "../execution/execution.ts"
import { attemptKey, type Chunk } from "./chunk.ts"
import { isOfTask } from "./of-task.ts"
import { type Reading, trackOf } from "./reading.ts"
import { closeIfRead, type Track } from "./track.ts"

/** A chunk becomes visible later than this after it came only if its store or a clock is ill. */
const settled_us = 15_000_000
const max_discovered = 1_000

/** Finds the attempts that have begun to write, by their first chunks. By whole seconds, so that followers share reads. */
export const discover = async (reading: Reading): Promise<void> => {
  const { archive, filter, tracks, wanted } = reading
  const now_s = Math.floor(archive.kit.now().getTime() / 1_000)
  const settled = now_s * 1_000_000 - settled_us
  const found = (await archive.look(logChunks, {
    where: { ...filter, chunk: 0, arrived: { gte: reading.discovered } },
    order: [["arrived", "asc"]],
    limit: max_discovered,
    fields_only: true,
  })) as readonly Chunk[]
  for (const first of found) {
    if (isOfTask(wanted.task, first.task)) trackOf(reading, first).opened = first.arrived
  }
  reading.more = found.length === max_discovered
  // The last of a full page is read again with the next one, since another may have come in the same instant.
  const complete = reading.more ? (found.at(-1)?.arrived ?? 0) : settled
  reading.discovered = Math.max(reading.discovered, complete)
  if (reading.more) return
  for (const [key, track] of tracks) {
    if (track.closed && (track.opened ?? 0) < reading.discovered) tracks.delete(key)
  }
}

/** Asks how many chunks there are of those attempts that haven't said it yet. */
export const learn = async ({ archive, tracks }: Reading, asked: readonly Track[]): Promise<void> => {
  const silent = asked.filter((track) => track.announced === undefined)
  if (silent.length === 0) return
  const where = { id: { in: silent.map(({ key }) => key) } }
  const query = { where, order: [], limit: silent.length, fields_only: true }
  for (const document of await archive.look(executions, query)) {
    const track = tracks.get(document.id)
    if (track) track.announced = (document as Execution).log_chunks ?? undefined
  }
}

/** Of attempts that are not being read: those whose first chunk isn't there. The others were read before. */
const withoutFirst = async (
  { archive, tracks }: Reading,
  announced: readonly Execution[],
): Promise<readonly Execution[]> => {
  const unread = announced.filter(({ id }) => !tracks.has(id))
  if (unread.length === 0) return []
  const where = { id: { in: unread.map(({ id }) => `${id}:0`) } }
  const query = { where, order: [], limit: unread.length, fields_only: true }
  const there = new Set((await archive.look(logChunks, query)).map((chunk) => attemptKey(chunk as Chunk)))
  return unread.filter(({ id }) => !there.has(id))
}

/** Its id says whose it is. */
const placed = (execution: Execution): Execution => {
  const [task_run_id = "", attempt = ""] = execution.id.split(":")
  return { ...execution, task_run_id, attempt: Number(attempt) }
}

const isMeant = (wanted: Reading["wanted"], { task, attempt }: Execution): boolean =>
  isOfTask(wanted.task, task) && (wanted.attempt === undefined || wanted.attempt === attempt)

/** Learns what all attempts have announced; complete once the run has ended. */
export const announce = async (reading: Reading): Promise<void> => {
  const { archive, tracks, wanted } = reading
  const { run_id, workspace_id } = wanted
  const end = lastTaskRunId(run_id)
  let last: string = run_id
  for (;;) {
    const found = (await archive.look(executions, {
      where: { workspace_id, id: { gt: last, lt: end } },
      order: [["id", "asc"]],
      limit: max_discovered,
      fields_only: true,
    })) as readonly Execution[]
    last = found.at(-1)?.id ?? last
    const own = found.map(placed).filter((one) => isMeant(wanted, one))
    const announced = own.filter(({ log_chunks }) => (log_chunks ?? 0) > 0)
    for (const execution of await withoutFirst(reading, announced)) trackOf(reading, execution)
    for (const { id, task, log_chunks, worker_id } of own) {
      if (log_chunks === undefined && worker_id !== undefined) reading.unannounced = true
      const track = tracks.get(id)
      if (!track) continue
      track.task = task
      track.announced = log_chunks ?? undefined
      closeIfRead(track)
    }
    if (found.length < max_discovered) return
  }
}
