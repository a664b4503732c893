import type { Database } from "#kernel/database/database.ts"
import type { Mail } from "#kernel/mail/mail.ts"
import type { Outbound } from "#kernel/outbound/call.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Log } from "#kernel/telemetry/log.ts"
import type { RunFacts } from "./event/describe.ts"
import type { Listening } from "./event/listen.ts"
import type { Members } from "./event/members.ts"
import type { Measures } from "./measure/measures.ts"
import type { Streams } from "./stream/streams.ts"
import type { Vault } from "./subscription/vault.ts"

/** What the notification service's use-cases stand on. */
export type Office = {
  readonly database: Database
  readonly kit: Kit
  readonly log: Log
  readonly vault: Vault
  readonly members: Members
  readonly streams: Streams
  readonly listening: Listening
  readonly outbound: Outbound
  /** There is none where no server for it is set. */
  readonly mail: Mail | undefined
  readonly public_url: string | undefined
  /** What a run is at this moment; undefined if there is none. */
  readonly describe: (workspace_id: string, run_id: string) => Promise<RunFacts | undefined>
  /** Of these runs those that have not ended. */
  readonly openRuns: (run_ids: readonly string[]) => Promise<readonly string[]>
  readonly tagsOf: (
    workspace_id: string,
    workflows: readonly string[],
  ) => Promise<ReadonlyMap<string, readonly string[]>>
  /** The last lines that a task has written; none if they can't be had. */
  readonly tail: (wanted: Tail) => Promise<readonly string[]>
  readonly measures: Measures
  /** Told when something is to be sent. */
  readonly wake: () => void
}

export type Tail = { readonly workspace_id: string; readonly run_id: string; readonly task: string }
