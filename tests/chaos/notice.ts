import type { Database } from "#kernel/database/database.ts"
import type { Strike } from "./fault.ts"
import type { Entry } from "./ledger.ts"

/** An attempt whose worker was found to be lost: from then on its task could be claimed again, by the database's clock. */
type Loss = { readonly id: string; readonly attempt: number; readonly at_ms: number }

export type Notice = Loss & {
  readonly target: string
  /** From the kill of the worker's process on. */
  readonly took_ms: number
  readonly promised_ms: number
}

const promised_ms = 20_000

/** After an outage healthy work is given this long to show itself, before anybody is taken for lost. */
const grace_ms = 15_000

/** Without these nobody notices anything. */
const notices = (target: string): boolean => /platform|postgres|scheduler/i.test(target)

/** What was struck while it should have noticed has to be there again before it can. */
const awayFor = ({ at_ms }: Strike, until_ms: number, strikes: readonly Strike[]): number => {
  const outages = strikes.filter((strike) => {
    const back_at_ms = strike.at_ms + strike.frozen_ms + strike.back_ms
    return notices(strike.target) && strike.at_ms <= until_ms && back_at_ms >= at_ms
  })
  return outages.reduce((sum, { frozen_ms, back_ms }) => sum + frozen_ms + back_ms + grace_ms, 0)
}

/** By the ledger, which says whose process an attempt was of; what was never begun, or whose worker was only frozen, is left out. */
export const noticesOf = (
  losses: readonly Loss[],
  entries: readonly Entry[],
  strikes: readonly Strike[],
): readonly Notice[] =>
  losses.flatMap((loss) => {
    const begun = entries.find(
      ({ kind, id, attempt }) => kind === "begin" && id === loss.id && attempt === loss.attempt,
    )
    const killed = strikes.find(
      ({ how, pid, at_ms }) => how === "kill" && pid === begun?.worker_pid && at_ms <= loss.at_ms,
    )
    if (!killed) return []
    const allowed_ms = promised_ms + awayFor(killed, loss.at_ms, strikes)
    const { target } = killed
    return [{ ...loss, target, took_ms: Math.round(loss.at_ms - killed.at_ms), promised_ms: allowed_ms }]
  })

export const lossesIn = (database: Database): Promise<readonly Loss[]> =>
  database.run(
    (sql) => sql<Loss>`
      select coalesce(task.run_id::text || '.' || task.task, task.payload ->> 'name') as id,
        (event -> 'data' ->> 'attempt')::int as attempt, extract(epoch from outbox.at)::float8 * 1000 as at_ms
      from scheduler.outbox as outbox, json_array_elements(outbox.events) as event, scheduler.task_run as task
      where outbox.topic = 'task.retrying' and event -> 'data' -> 'error' ->> 'code' = 'worker.lost'
        and task.id::text = event -> 'data' ->> 'task_run_id' and task.type = 'shell'`,
  )
