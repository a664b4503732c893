import type { Blob } from "#kernel/blob/blob.ts"
import type { Database } from "#kernel/database/database.ts"
import type { Kit } from "#kernel/service/kit.ts"
import type { Log } from "#kernel/telemetry/log.ts"

export type Origin = { readonly run_id: string; readonly tasks: readonly string[] }

/** What the artifact service's use-cases stand on. */
export type ArtifactStore = {
  readonly database: Database
  readonly blob: Blob
  readonly kit: Kit
  readonly log: Log
  readonly max_bytes: number
  /** For so long files are kept at most, if their run is. */
  readonly max_keep_days: number
  /** What the files of one workspace may take together. */
  readonly quota_bytes: number
  /** Refuses with run.not_found when the workspace has no such run. */
  readonly checkRun: (workspace_id: string, run_id: string) => Promise<void>
  /** Of these runs those that there are no more. */
  readonly goneRuns: (run_ids: readonly string[]) => Promise<readonly string[]>
  /** The tasks of earlier runs whose results this one has taken over. */
  readonly originsOf: (workspace_id: string, run_id: string) => Promise<readonly Origin[]>
}

/** On its way, and for good. */
export const stagingKey = (id: string): string => `staging/${id}`
export const finalKey = (id: string): string => `objects/${id}`
