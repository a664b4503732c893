import type { Authenticate } from "#kernel/auth/authenticate.ts"
import { onlyFor } from "#kernel/rpc/callers.ts"
import type { Routes } from "#kernel/rpc/server.ts"
import { Authorization } from "#proto/generated/envoy/service/auth/v3/external_auth_pb.ts"
import { IamService } from "#proto/generated/wf/iam/v1/iam_pb.ts"
import { check } from "./gateway/check.ts"
import { reportUse } from "./gateway/report-use.ts"
import type { Iam } from "./iam.ts"
import { listPeople } from "./member/people.ts"
import { listRevoked } from "./session/list-revoked.ts"
import { validateToken } from "./token/validate.ts"
import { verifyUser } from "./user/verify.ts"
import { workspaceContext } from "./workspace/context.ts"

/** What the other services ask of identity. A token that is not valid is answered by an empty user id. */
export const iamRpc = (iam: Iam, authenticate: Authenticate): Routes => {
  const verify = verifyUser(iam.database)
  const contextOf = workspaceContext(iam.database)
  const people = listPeople(iam.database)
  const checked = check(authenticate)
  const validate = validateToken(iam)
  return (router) => {
    router.service(Authorization, {
      check: ({ attributes }) => checked(attributes?.request?.http ?? { method: "", headers: {} }),
    })
    router.service(IamService, {
      async validateToken({ token, workspace }) {
        const actor = await validate({ token, workspace })
        if (!actor) return {}
        return {
          userId: actor.user_id,
          workspaceId: actor.workspace_id,
          role: actor.role,
          kind: actor.kind,
          grantId: actor.grant_id,
          email: actor.email,
          archived: actor.archived ?? false,
          capped: actor.capped ?? false,
          scopes: [...(actor.scopes ?? [])],
          queues: [...(actor.queues ?? [])],
          expiresAt: actor.expires_at ?? "",
          allWorkspaces: actor.all_workspaces ?? false,
        }
      },
      async verifyUser({ userId }) {
        const { service_account: serviceAccount = false, ...user } = (await verify(userId)) ?? {}
        return { ...user, serviceAccount }
      },
      async getWorkspaceContext({ workspaceId: workspace_id, userId: user_id }) {
        return (await contextOf({ workspace_id, user_id })) ?? {}
      },
      async listMembers({ workspaceId: workspace_id, after }, context) {
        onlyFor(context, "notification")
        const { members: found, more } = await people({ workspace_id, after })
        return { members: found.map(({ user_id: userId, email, role }) => ({ userId, email, role })), more }
      },
      listRevoked: ({ cursor }) => listRevoked(iam.database)(cursor),
      reportUse: async ({ instance, window, uses }) => ({
        elsewhere: [...(await reportUse(iam.database)({ instance, window: Number(window), uses }))],
      }),
      getKeys: () => ({ jwksJson: iam.keys.jwks }),
    })
  }
}
