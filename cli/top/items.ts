import type { DeadLetter, Queue, Run, Worker } from "#sdk/shapes.ts"
import { cleanLine } from "../clean.ts"
import { deadLetterColumns } from "../dead-letter-table.ts"
import { queueColumns, rateText } from "../queue-table.ts"
import { runColumns } from "../run-table.ts"
import { dim, type Item, valuesOf } from "../screen/item.ts"
import { lastedWhole } from "../screen/lasted.ts"
import { stillMarkOf } from "../screen/mark.ts"
import type { Segment } from "../screen/row.ts"
import { ago, took } from "../table.ts"
import { workerColumns } from "../worker-table.ts"

const runNames = (run: Run): readonly Segment[] => [
  stillMarkOf(run.status),
  { text: cleanLine(run.workflow), style: "bold" },
  dim(run.version > 0 ? `v${run.version}` : ""),
]

export const runItem = (run: Run, now: Date): Item => {
  const since = run.started_at ?? run.created_at
  return {
    key: `runs ${run.id}`,
    run_id: run.id,
    cells: [
      ...runNames(run),
      { text: cleanLine(run.status), style: run.status === "running" ? "blue" : "yellow" },
      { text: lastedWhole(Date.parse(since), now.getTime()) },
      dim(cleanLine(run.id)),
    ],
    values: valuesOf(runColumns(now), run),
  }
}

export const failureItem = (run: Run, now: Date): Item => ({
  key: `failures ${run.id}`,
  run_id: run.id,
  cells: [
    ...runNames(run),
    { text: ago(run.finished_at, now) },
    dim(`after ${took(run.started_at ?? run.created_at, run.finished_at)}`),
    { text: cleanLine(run.reason ?? ""), style: "red" },
    dim(cleanLine(run.id)),
  ],
  values: [...valuesOf(runColumns(now), run), ["reason", cleanLine(run.reason ?? "")]],
})

const counted = (count: number, what: string): readonly string[] => (count > 0 ? [`${count} ${what}`] : [])

const heldWords = (queue: Queue): string => {
  const held = [
    ...counted(queue.queued, "queued"),
    ...counted(queue.running, "running"),
    ...counted(queue.retrying, "to be retried"),
    ...counted(queue.pending, "for later"),
    ...counted(queue.dead_letters, "dead"),
  ]
  return held.length === 0 ? "empty" : held.join(" · ")
}

const limitWords = (queue: Queue): string =>
  [
    ...(queue.concurrency === null ? [] : [`at most ${queue.concurrency} at once`]),
    ...(queue.rate_limit === null ? [] : [`at most ${rateText(queue)}`]),
  ].join(", ")

export const hasWork = ({ queued, running, retrying, pending, paused }: Queue): boolean =>
  paused || queued + running + retrying + pending > 0

export const queueItem = (queue: Queue): Item => ({
  key: `queues ${queue.name}`,
  cells: [
    queue.paused ? { text: "‖", style: "yellow" } : dim(hasWork(queue) ? "▶" : "·"),
    { text: cleanLine(queue.name), style: "bold" },
    { text: queue.paused ? "paused" : "open", style: queue.paused ? "yellow" : "dim" },
    { text: heldWords(queue) },
    dim(limitWords(queue)),
  ],
  values: valuesOf(queueColumns, queue),
})

const silent_ms = 15_000
const bar_slots = 10

/** By the slots that have a process each; what needs none is done beside them. */
const loadBar = ({ busy, slots }: Worker): Segment => {
  const full = Math.min(bar_slots, Math.ceil((busy / Math.max(slots, 1)) * bar_slots))
  return { text: `${"█".repeat(full)}${"░".repeat(bar_slots - full)}`, style: "green" }
}

const loadWords = ({ busy, slots, inline_slots }: Worker): string =>
  `${busy} busy, ${slots}${inline_slots > 0 ? `+${inline_slots}` : ""} slots`

const statusStyles: Readonly<Record<string, Segment["style"]>> = {
  ...{ busy: "green", idle: "dim", draining: "yellow", gone: "red" },
}

export const workerItem = (worker: Worker, now: Date): Item => {
  const isSilent = now.getTime() - Date.parse(worker.last_seen_at) > silent_ms
  const style = statusStyles[worker.status]
  return {
    key: `workers ${worker.id}`,
    cells: [
      { text: worker.status === "gone" ? "✗" : "•", ...(style && { style }) },
      { text: cleanLine(worker.name), style: "bold" },
      { text: cleanLine(worker.status), ...(style && { style }) },
      loadBar(worker),
      { text: loadWords(worker) },
      dim(worker.remote ? "yours" : ""),
      dim(worker.queues.map(cleanLine).join(",")),
      { text: isSilent ? `seen ${ago(worker.last_seen_at, now)}` : "", style: "yellow" },
    ],
    values: valuesOf(workerColumns(now), worker),
  }
}

export const deadLetterItem = (letter: DeadLetter, now: Date): Item => ({
  key: `dead_letters ${letter.id}`,
  cells: [
    { text: "✗", style: "red" },
    { text: cleanLine(letter.job.type), style: "bold" },
    dim(cleanLine(letter.job.queue)),
    { text: ago(letter.died_at, now) },
    dim(`${letter.attempts} ${letter.attempts === 1 ? "try" : "tries"}`),
    { text: cleanLine(letter.job.error?.message ?? letter.reason), style: "red" },
  ],
  values: [
    ...valuesOf(deadLetterColumns(now), letter),
    ["error", cleanLine(letter.job.error?.message ?? "")],
  ],
})
