import { told_actions } from "#kernel/audit/actions.ts"

/** What is done in identity itself. */
const own_actions = [
  ...["user.registered", "user.signed_in", "session.ended", "session.all_ended", "session.reuse_detected"],
  ...["user.password_reset", "user.linked"],
  ...["device.approved", "device.denied"],
  ...["token.created", "token.deleted"],
  ...["workspace.created", "workspace.renamed", "workspace.archived", "workspace.restored"],
  ...["member.joined", "member.role_changed", "member.removed", "member.left"],
  ...["member.suspended", "member.resumed", "account.suspended", "account.resumed"],
  ...["service_account.created", "service_account.deleted"],
  "key.rotated",
  ...["invite.created", "invite.revoked"],
] as const

export type Action = (typeof own_actions)[number]

/** All that the audit log tells of. */
export const actions = [...own_actions, ...told_actions] as const
