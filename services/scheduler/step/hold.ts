import { list, type Sql } from "#kernel/database/database.ts"
import { onlyRow } from "#kernel/database/only-row.ts"
import type { Held } from "./rows.ts"

/** A hold that was asked for and waits for the first statement that has to come behind it, or to go with the last. */
export type PendingHold = {
  ask(held: Held): Promise<string>
  /** Whatever is sent from now on comes behind it. */
  send(): void
  /** What has not been sent yet, for a statement that holds by itself and tells the token. */
  take(): Untold | undefined
}

export type Untold = { readonly held: Held; tell(token: Promise<string>): void }

export const pendingHold = (sql: Sql): PendingHold => {
  let waiting: Untold | undefined
  const take = () => {
    const untold = waiting
    waiting = undefined
    return untold
  }
  return {
    ask(held) {
      const { promise, resolve } = Promise.withResolvers<string>()
      waiting = { held, tell: resolve }
      return promise
    },
    send() {
      const untold = take()
      untold?.tell(holdRuns(sql, untold.held))
    },
    take,
  }
}

export const holdAtOnce = (sql: Sql): PendingHold => ({
  ask: (held) => holdRuns(sql, held),
  send: () => undefined,
  take: () => undefined,
})

const holdRuns = async (sql: Sql, { session_id, runs }: Held): Promise<string> => {
  const held = await sql<{ token: string }>`
    select scheduler.hold(
      ${session_id}::text::uuid, ${list(runs.map(({ id }) => id))}::text::uuid[],
      ${list(runs.map(({ revision }) => revision))}::text::int[]
    )::text as token`
  return onlyRow(held).token
}
