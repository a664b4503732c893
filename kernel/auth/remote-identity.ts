import type { Client } from "@connectrpc/connect"
import type { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import type { Identity } from "./authenticate.ts"
import { isPermission, isRole } from "./permissions.ts"

/** Identity as the iam service answers it, in memory or over the network. */
export const remoteIdentity = (iam: Client<typeof IamService>): Identity => ({
  async validate(token, workspace) {
    const { userId, workspaceId, role, kind, grantId, email, ...more } = await iam.validateToken({
      token,
      workspace,
    })
    if (userId === "" || !isRole(role)) return undefined
    return {
      kind: kind === "token" ? "token" : "user",
      user_id: userId,
      email,
      workspace_id: workspaceId,
      role,
      grant_id: grantId,
      ...(more.allWorkspaces && { all_workspaces: true }),
      ...(more.capped && { capped: true }),
      // One that isn't known here yet is a permission for nothing here, and not the want of a limit.
      ...(more.scopes.length > 0 && { scopes: more.scopes.filter(isPermission) }),
      ...(more.queues.length > 0 && { queues: more.queues }),
      ...(more.expiresAt !== "" && { expires_at: more.expiresAt }),
      ...(more.archived && { archived: true }),
    }
  },
  async revoked(cursor) {
    const { cursor: next, subjects } = await iam.listRevoked({ cursor })
    return { cursor: next, subjects }
  },
  async keys() {
    const { jwksJson } = await iam.getKeys({})
    return jwksJson
  },
})
