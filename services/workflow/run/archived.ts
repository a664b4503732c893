import type { Client } from "@connectrpc/connect"
import { Problem } from "#kernel/problem/problem.ts"
import { recent } from "#kernel/service/recent.ts"
import type { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"

/** Whether nothing new is to be begun in a workspace. */
export type IsArchived = (workspace_id: string) => Promise<boolean>

type Known = { readonly archived: boolean; readonly at_ms: number }

const fresh_ms = 1_000
/** For so long one goes on with what was known while identity can't be reached; then what is due waits for it. */
const max_silence_ms = 60_000
const max_known = 10_000

const isAway = (error: unknown): boolean => error instanceof Problem && error.code === "platform.unavailable"

/** Nobody's token says it where a schedule or an event begins a run: identity is asked, once a second at most. */
export const archivedWorkspaces = (
  iam: Pick<Client<typeof IamService>, "getWorkspaceContext">,
  clock = () => performance.now(),
): IsArchived => {
  const known = recent<Known>(max_known)
  return async (workspace_id) => {
    const last = known.get(workspace_id)
    const asked_ms = clock()
    if (last && asked_ms - last.at_ms < fresh_ms) return last.archived
    try {
      const { archived } = await iam.getWorkspaceContext({ workspaceId: workspace_id })
      known.keep(workspace_id, { archived, at_ms: asked_ms })
      return archived
    } catch (error) {
      if (last && isAway(error) && asked_ms - last.at_ms < max_silence_ms) return last.archived
      throw error
    }
  }
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
