import { Problem } from "#kernel/problem/problem.ts"
import type { Call } from "#kernel/rpc/client.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { MetadataService } from "#proto/generated/wf/metadata/v1/metadata_pb.ts"
import { SchedulerService } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import { WorkflowService } from "#proto/generated/wf/workflow/v1/workflow_pb.ts"
import { runFacts } from "../event/describe.ts"
import { createMembers } from "../event/members.ts"
import type { Office } from "../office.ts"

const tail_lines = 20

type Peers = Pick<Office, "members" | "describe" | "openRuns" | "tagsOf" | "tail">

/** What other services are asked. */
export const peersBy = (call: Call): Peers => {
  const iam = call("iam", IamService)
  const scheduler = call("scheduler", SchedulerService)
  const workflow = call("workflow", WorkflowService)
  const metadata = call("metadata", MetadataService)
  return {
    members: createMembers(async (workspaceId, after) => {
      const { members, more } = await iam.listMembers({ workspaceId, after })
      return { members: members.map(({ userId: user_id, email, role }) => ({ user_id, email, role })), more }
    }),
    async describe(workspaceId, runId) {
      try {
        return runFacts((await scheduler.getRun({ workspaceId, runId })).runJson)
      } catch (error) {
        // Whoever hears of it much later may find it removed.
        if (error instanceof Problem && error.status === 404) return undefined
        throw error
      }
    },
    openRuns: async (runIds) => (await scheduler.openRuns({ runIds: [...runIds] })).open,
    async tagsOf(workspaceId, workflows) {
      const found = await workflow.listTags({ workspaceId, workflows: [...workflows] })
      return new Map(found.workflows.map((one) => [one.workflow, one.tags]))
    },
    // What failed is to be told, with its last lines or without them.
    tail: ({ workspace_id: workspaceId, run_id: runId, task }) =>
      metadata.tailLogs({ workspaceId, runId, task, lines: tail_lines }).then(
        ({ lines }) => lines.map(({ text }) => text),
        () => [],
      ),
  }
}
