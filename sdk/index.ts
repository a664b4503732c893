export { z } from "zod"
export type { AccountFilter } from "./accounts.ts"
export type { ListApprovals } from "./approvals.ts"
export type { Download, ListArtifacts, PresignArtifact, Upload } from "./artifacts.ts"
export type { AuditFilter } from "./audit.ts"
export { calls } from "./authoring/calls.ts"
export { expr } from "./authoring/ref.ts"
export { each, workflow } from "./authoring/workflow.ts"
export { type CallOptions, type Client, createClient } from "./client.ts"
export type { ChooseDeadLetters, ListDeadLetters } from "./dead-letters.ts"
export type { CreateToken, Credentials } from "./identity.ts"
export type { ListJobs } from "./jobs.ts"
export type { FollowNotifications, ListNotifications, NotificationEvent } from "./notifications.ts"
export { type ProblemCode, WfProblem, WfUnreachable } from "./problem.ts"
export type { FollowOptions, ListRuns, LogOptions, StartRun, WatchOptions } from "./runs.ts"
export { isEnded } from "./runs.ts"
export type { CreateServiceAccount, CreateServiceToken } from "./service-accounts.ts"
export type {
  Account,
  Approval,
  Artifact,
  ArtifactUsage,
  AuditEntry,
  Backfilled,
  ChangeSubscription,
  CreateJob,
  CreateSchedule,
  CreateSubscription,
  Delivery,
  DeliveryDetail,
  Fire,
  Hook,
  HookDetail,
  Invite,
  LogLine,
  Member,
  NextFire,
  Notification,
  Page,
  Presigned,
  Queue,
  QueueSettings,
  Role,
  Run,
  RunEvent,
  Schedule,
  Secret,
  SentFile,
  Sequence,
  ServiceAccount,
  Subscription,
  SubscriptionCreated,
  TaskRun,
  Token,
  Version,
  Workflow,
  Workspace,
} from "./shapes.ts"
export type { ListDeliveries } from "./subscriptions.ts"
export type { ClientOptions } from "./transport.ts"
export type { WorkContext, WorkFunction } from "./worker/attempt.ts"
export { NonRetryable, RetryLater } from "./worker/errors.ts"
export { createWorker, type Worker, type WorkerOptions } from "./worker/worker.ts"
export type { StartSequence } from "./workflows.ts"
export type { CreateInvite, CreateWorkspace } from "./workspaces.ts"
