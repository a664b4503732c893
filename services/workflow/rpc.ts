import { z } from "zod"
import { Problem } from "#kernel/problem/problem.ts"
import { onlyFor } from "#kernel/rpc/callers.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"
import { giveBundle } from "./bundle/give.ts"
import type { Bundles } from "./bundle/keep.ts"
import type { Scheduler } from "./run/hand-over.ts"
import { giveSecrets } from "./secret/give.ts"
import type { Secrets } from "./secret/set.ts"
import { listTags } from "./workflow/tags.ts"

const id = z.uuid()
const bundleName = z.object({ workspace_id: id, digest: z.string().regex(/^[0-9a-f]{64}$/) })

/** For workers: what a running task has declared, and nothing else; and what workflows are tagged with. */
export const workflowRpc = (giving: Secrets & Bundles & { readonly scheduler: Scheduler }): Routes => {
  const give = giveSecrets(giving)
  const giveFiles = giveBundle(giving)
  const tags = listTags(giving.database)
  return (router) =>
    router.service(WorkflowService, {
      async giveSecrets({ taskRunId, token }, context) {
        onlyFor(context, "worker")
        if (!id.safeParse(taskRunId).success) throw new Problem("attempt.stale")
        const { values, missing } = await give({ task_run_id: taskRunId, token })
        return { values: { ...values }, missing: [...missing] }
      },
      async giveBundle({ workspaceId: workspace_id, digest }, context) {
        onlyFor(context, "worker")
        const named = bundleName.safeParse({ workspace_id, digest })
        if (!named.success) throw new Problem("bundle.not_found")
        return { bytes: await giveFiles(named.data) }
      },
      async listTags({ workspaceId: workspace_id, workflows }, context) {
        onlyFor(context, "notification")
        return { workflows: (await tags({ workspace_id, workflows })).map((one) => ({ ...one })) }
      },
    })
}
