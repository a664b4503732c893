import type { Engine } from "../engine.ts"
import { type Attempt, claimIn } from "./claim.ts"
import { settle } from "./settle.ts"
import type { Settlement, Verdict } from "./verdict.ts"

export type Report = {
  readonly session_id: string
  readonly settlements: readonly Settlement[]
  /** How many further attempts the worker has room for. */
  readonly max_tasks: number
}

export type Reported = { readonly verdicts: readonly Verdict[]; readonly attempts: readonly Attempt[] }

/** Settles attempts and, in the same transaction, hands the worker its next ones. */
export const reportTasks =
  (engine: Engine) =>
  (report: Report): Promise<Reported> =>
    engine.hot.tx(async (sql) => {
      const verdicts = await settle(engine, sql, report.settlements)
      const attempts = await claimIn(engine, sql, report)
      return { verdicts, attempts: attempts ?? [] }
    })
