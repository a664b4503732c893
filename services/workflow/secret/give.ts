import { type Actor, allowQueues } from "#kernel/auth/actor.ts"
import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Scheduler } from "../run/hand-over.ts"
import type { Secrets } from "./set.ts"

export type Asking = { readonly task_run_id: string; readonly token: bigint }

export type Given = {
  readonly values: Readonly<Record<string, string>>
  /** Declared by the task, and not there. */
  readonly missing: readonly string[]
}

export type Giving = Secrets & { readonly scheduler: Scheduler }

/** For the platform's own use: whoever asks has to know that these may be used. */
export const openSecrets = (
  { database, vault }: Secrets,
  workspace_id: string,
  names: readonly string[],
): Promise<Given> =>
  database.tx(async (sql) => {
    const key = await vault.lockKey(sql, workspace_id, "share")
    if (!key) return { values: {}, missing: names }
    const values: Record<string, string> = {}
    for (const { name, box } of await readBoxes(sql, workspace_id, names)) {
      values[name] = await vault.unseal(key, { workspace_id, name }, box)
    }
    return { values, missing: names.filter((name) => !Object.hasOwn(values, name)) }
  })

/**
 * The secrets of a task, for the attempt that runs it now. Which those are, and of which workspace, says the scheduler,
 * by the plan of the run: whoever asks can't choose. A worker of one's own finds no attempt of another workspace.
 */
export const giveSecrets =
  ({ database, vault, scheduler }: Giving) =>
  async ({ task_run_id: taskRunId, token }: Asking, own?: Actor): Promise<Given> => {
    const checked = await scheduler.checkAttempt({ taskRunId, token })
    const { workspaceId: workspace_id, secrets: names } = checked
    if (own && own.workspace_id !== workspace_id) throw new Problem("attempt.stale")
    if (own) allowQueues(own, [checked.queue])
    if (names.length === 0) return { values: {}, missing: [] }
    return openSecrets({ database, vault }, workspace_id, names)
  }

const readBoxes = (sql: Sql, workspace_id: string, names: readonly string[]) =>
  sql<{ name: string; box: Uint8Array }>`
    select name, box from workflow.secret
    where workspace_id = ${workspace_id}::text::uuid and name = any(${list(names)}::text::text[])`
