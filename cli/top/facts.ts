import type { Client } from "#sdk/client.ts"
import type { DeadLetter, Job, Page, Queue, Run, Worker } from "#sdk/shapes.ts"
import type { Source } from "../screen/poll.ts"

/** A page of each list that is looked at. */
export type Facts = {
  readonly newest: Page<Run>
  readonly running: Page<Run>
  readonly paused: Page<Run>
  readonly pending: Page<Run>
  readonly failed: Page<Run>
  readonly jobs: Page<Job>
  readonly queues: Page<Queue>
  readonly workers: Page<Worker>
  readonly dead_letters: Page<DeadLetter>
}

export type FactName = keyof Facts

const max_runs = 100
const max_jobs = 100
const max_failed = 50
const max_letters = 50
const max_others = 200

const often_ms = 2_000
const seldom_ms = 5_000

const runsThatAre = (status: string, limit: number, every_ms: number): Source<Page<Run>> => ({
  every_ms,
  ask: ({ runs }, signal) => runs.list({ status, limit, signal }),
})

/** Where each comes from, and how often it is asked for at most. */
export const sources: { readonly [Name in FactName]: Source<Facts[Name]> } = {
  newest: { every_ms: often_ms, ask: ({ runs }, signal) => runs.list({ limit: max_runs, signal }) },
  running: runsThatAre("running", max_runs, often_ms),
  queues: { every_ms: often_ms, ask: ({ queues }, signal) => queues.list({ limit: max_others, signal }) },
  jobs: { every_ms: often_ms, ask: ({ jobs }, signal) => jobs.list({ limit: max_jobs, signal }) },
  failed: runsThatAre("failed", max_failed, often_ms),
  workers: { every_ms: often_ms, ask: ({ workers }, signal) => workers.list({ limit: max_others, signal }) },
  dead_letters: {
    every_ms: often_ms,
    ask: ({ deadLetters }, signal) => deadLetters.list({ limit: max_letters, signal }),
  },
  paused: runsThatAre("paused", max_failed, seldom_ms),
  pending: runsThatAre("pending", max_failed, seldom_ms),
}

const factNames = Object.keys(sources) as readonly FactName[]

/** All of them as they are now, one after the other. */
export const askAll = async (client: Client, signal: AbortSignal): Promise<Facts> => {
  const facts: Partial<Record<FactName, unknown>> = {}
  for (const name of factNames) facts[name] = await sources[name].ask(client, signal)
  return facts as Facts
}

type RunFacts = Partial<Pick<Facts, "running" | "paused" | "pending">>

/** What hasn't ended, newest first; one that changed between two answers once, as the later one tells it. */
export const activeRuns = ({ running, paused, pending }: RunFacts): readonly Run[] => {
  const runs = [pending, running, paused].flatMap((page) => page?.items ?? [])
  const each = new Map(runs.map((run) => [run.id, run]))
  return [...each.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}
