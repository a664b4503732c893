import { type Actor, allow } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Scheduler } from "../run/hand-over.ts"
import { type Asking, type Given, openSecrets } from "./give.ts"
import type { Secrets } from "./set.ts"

export type Giving = Secrets & { readonly scheduler: Scheduler }

/** For a workspace's own worker: as `giveSecrets`, and only of what runs in the caller's workspace. */
export const giveAttemptSecrets =
  ({ database, vault, scheduler }: Giving) =>
  async (actor: Actor, { task_run_id: taskRunId, token }: Asking): Promise<Given> => {
    allow(actor, "secret.give")
    const checked = await scheduler.checkAttempt({ taskRunId, token })
    // Another workspace's attempts are as if they weren't there.
    if (checked.workspaceId !== actor.workspace_id) throw new Problem("attempt.stale")
    if (checked.secrets.length === 0) return { values: {}, missing: [] }
    return openSecrets({ database, vault }, actor.workspace_id, checked.secrets)
  }
