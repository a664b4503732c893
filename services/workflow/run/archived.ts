import type { Client } from "@connectrpc/connect"
import { remembered } from "#kernel/auth/remembered.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"

/** Whether nothing new is to be begun in a workspace. */
export type IsArchived = (workspace_id: string) => Promise<boolean>

const fresh_ms = 1_000

/**
 * Nobody's token says it where a schedule or an event begins a run: identity is asked, twice a second at most. What is due waits for it while it is
 * away for long.
 */
export const archivedWorkspaces = (
  iam: Pick<Client<typeof IamService>, "getWorkspaceContext">,
  clock?: () => number,
): IsArchived => {
  const recall = remembered<boolean>(fresh_ms, clock)
  return async (workspaceId) =>
    recall(workspaceId, async () => (await iam.getWorkspaceContext({ workspaceId })).archived)
}

type Asking = { readonly workspace_id: string; readonly automatic?: unknown }

/**
 * Why nothing is begun in which of the workspaces, of what nobody asked for by hand; who does ask is refused by what they may do. One that can't
 * be asked about holds up no other.
 */
export const barredOf = async (
  isArchived: IsArchived,
  requests: readonly Asking[],
): Promise<ReadonlyMap<string, Problem>> => {
  const ids = new Set(requests.flatMap(({ automatic, workspace_id }) => (automatic ? [workspace_id] : [])))
  const found = await Promise.all([...ids].map(async (id) => [id, await barring(isArchived, id)] as const))
  return new Map(found.flatMap(([id, problem]) => (problem ? [[id, problem] as const] : [])))
}

const barring = async (isArchived: IsArchived, workspace_id: string): Promise<Problem | undefined> => {
  try {
    return (await isArchived(workspace_id)) ? new Problem("workspace.archived") : undefined
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}
