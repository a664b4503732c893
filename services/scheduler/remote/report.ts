import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { durationMs } from "#language/duration.ts"
import type { Engine } from "../engine.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { reportTasks } from "../task/report.ts"
import type { Settlement, Verdict } from "../task/verdict.ts"
import { giveWork, roomFor } from "./give.ts"
import { forgetInputs, withInputs } from "./inputs.ts"
import { keyOf, ownAttempts, ownWorker } from "./own.ts"
import type { WorkAttempt, WorkResult } from "./shape.ts"

type ReportWork = {
  readonly worker_id: string
  readonly results: readonly WorkResult[]
  readonly max_tasks: number
}

type Judged = Pick<WorkResult, "task_run_id" | "token"> & { readonly verdict: Verdict["verdict"] }

type ReportedWork = { readonly items: Judged[]; readonly attempts: WorkAttempt[] }

/** Settles what this worker was given, and nothing else, whatever it says; a report of which nothing counts is refused. */
export const reportWork = (engine: Engine) => {
  const own = ownWorker(engine)
  const refresh = refreshLanes(engine)
  const report = reportTasks(engine)
  const give = giveWork(engine)
  return async (actor: Actor, { worker_id, results, max_tasks }: ReportWork): Promise<ReportedWork> => {
    const worker = await own(actor, worker_id)
    const known = await engine.hot.run((sql) => ownAttempts(sql, worker, results))
    const own_attempts = new Map(known.map((one) => [keyOf(one), one]))
    const counts = (result: WorkResult): boolean => {
      const attempt = own_attempts.get(keyOf(result))
      return attempt !== undefined && !(attempt.is_queued && result.outcome === "completed")
    }
    const settlements = results.filter(counts).map((result) => withInputs(engine, settlementOf(result)))
    if (settlements.length === 0) throw new Problem("attempt.stale")
    await refresh()
    const { session_id } = worker
    const reported = await report({ session_id, settlements, room: roomFor(max_tasks) })
    forgetInputs(engine, settlements)
    const verdicts = new Map(
      settlements.map((one, index) => [keyOf(one), reported.verdicts[index]?.verdict ?? "stale"] as const),
    )
    const attempts = await give(session_id, reported.attempts)
    const items = results.map((result) => {
      const { task_run_id, token } = result
      return { task_run_id, token, verdict: verdicts.get(keyOf(result)) ?? "stale" }
    })
    if (items.every(({ verdict }) => verdict === "stale") && attempts.length === 0)
      throw new Problem("attempt.stale")
    return { items, attempts }
  }
}

const settlementOf = ({ retry_after, outputs, error, ...rest }: WorkResult): Settlement => ({
  ...rest,
  ...(outputs && { outputs }),
  ...(error && { error }),
  ...(retry_after !== undefined && { retry_after_ms: durationMs(retry_after) ?? 0 }),
})
