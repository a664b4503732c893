import type { Client } from "@connectrpc/connect"
import { kinds, type ProblemKind } from "#kernel/problem/kinds.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { batcher } from "#kernel/service/batch.ts"
import type { RunStart, SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"

export type Scheduler = Client<typeof SchedulerService>

/** The run as it was written, or its id alone if it was started before. */
export type Started = { readonly run_id: string; readonly run_json: string }

const isKind = (text: string): text is ProblemKind => Object.hasOwn(kinds, text)

/** A refusal of one message says nothing about those before it. */
export const handOver = async (
  scheduler: Scheduler,
  starts: readonly RunStart[],
): Promise<readonly (Started | Problem)[]> => {
  try {
    const { runs } = await scheduler.startRuns({ runs: [...starts] })
    return runs.map(({ runId: run_id, problem, runJson: run_json }) =>
      problem === "" ? { run_id, run_json } : new Problem(isKind(problem) ? problem : "platform.bug"),
    )
  } catch (error) {
    if (error instanceof Problem) return starts.map(() => error)
    throw error
  }
}

/** How much of a message it takes. */
export const sizeOf = ({ planJson, inputsJson, triggerJson }: RunStart): number =>
  planJson.length + inputsJson.length + triggerJson.length

/** Well below what one message may have. */
export const max_message_chars = 4 * 1024 * 1024

const max_batch = 200
const max_waiting = 5_000
const sizes = { of: sizeOf, max_batch: max_message_chars, max_waiting: 64 * 1024 * 1024 }

/** Starts what brings its plan along: those that arrive together are one call. */
export const runStarter = (scheduler: Scheduler) =>
  batcher<RunStart, Started>({
    flush: (starts) => handOver(scheduler, starts),
    ...{ max_batch, max_waiting, sizes },
  })
