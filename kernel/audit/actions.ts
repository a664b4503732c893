/** What is done outside of identity and the audit log tells of. */
export const told_actions = [
  ...["workflow.pushed", "workflow.archived", "workflow.restored"],
  ...["schedule.created", "schedule.changed", "schedule.deleted"],
  ...["schedule.paused", "schedule.resumed", "schedule.backfilled"],
  ...["secret.created", "secret.changed", "secret.deleted", "secret.key_rotated"],
  "hook.rotated",
  ...["run.cancelled", "run.paused", "run.resumed", "run.rerun", "run.many_rerun"],
  ...["queue.changed", "queue.paused", "queue.resumed"],
  ...["dead_letter.replayed", "dead_letter.dropped"],
  ...["approval.approved", "approval.rejected"],
  ...["artifact.replaced", "artifact.deleted", "retention.changed"],
  ...["subscription.created", "subscription.changed", "subscription.deleted"],
  ...["subscription.paused", "subscription.resumed", "subscription.secret_rotated"],
  ...["delivery.redelivered", "delivery.many_redelivered"],
] as const

export type ToldAction = (typeof told_actions)[number]
