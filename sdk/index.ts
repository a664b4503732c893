import { artifactsOf } from "./artifacts.ts"
import { auditOf } from "./audit.ts"
import { deadLettersOf } from "./dead-letters.ts"
import { hooksOf } from "./hooks.ts"
import { identityOf } from "./identity.ts"
import { jobsOf } from "./jobs.ts"
import { queuesOf, workersOf } from "./queues.ts"
import { runsOf } from "./runs.ts"
import { schedulesOf } from "./schedules.ts"
import { secretsOf } from "./secrets.ts"
import { type ClientOptions, createTransport } from "./transport.ts"
import { workflowsOf } from "./workflows.ts"
import { workspacesOf } from "./workspaces.ts"

export { z } from "zod"
export type { Upload } from "./artifacts.ts"
export type { AuditFilter } from "./audit.ts"
export { expr } from "./authoring/ref.ts"
export { each, workflow } from "./authoring/workflow.ts"
export type { ChooseDeadLetters, ListDeadLetters } from "./dead-letters.ts"
export type { CreateToken, Credentials } from "./identity.ts"
export type { ListJobs } from "./jobs.ts"
export { WfProblem, WfUnreachable } from "./problem.ts"
export type { FollowOptions, ListRuns, LogOptions, StartRun, WatchOptions } from "./runs.ts"
export { isEnded } from "./runs.ts"
export type { CreateServiceAccount, CreateServiceToken } from "./service-accounts.ts"
export type {
  Artifact,
  AuditEntry,
  Backfilled,
  CreateJob,
  CreateSchedule,
  Fire,
  Hook,
  HookDetail,
  Invite,
  LogLine,
  Member,
  NextFire,
  Page,
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
  TaskRun,
  Token,
  Version,
  Workflow,
  Workspace,
} from "./shapes.ts"
export type { WorkContext, WorkFunction } from "./worker/attempt.ts"
export { NonRetryable, RetryLater } from "./worker/errors.ts"
export { createWorker, type Worker, type WorkerOptions } from "./worker/worker.ts"
export type { StartSequence } from "./workflows.ts"
export type { CreateInvite, CreateWorkspace } from "./workspaces.ts"

/** The platform's API. Works wherever there is `fetch`. */
export const createClient = (options: ClientOptions) => {
  const transport = createTransport(options)
  return {
    runs: runsOf(transport),
    workflows: workflowsOf(transport),
    jobs: jobsOf(transport),
    deadLetters: deadLettersOf(transport),
    queues: queuesOf(transport),
    workers: workersOf(transport),
    schedules: schedulesOf(transport),
    secrets: secretsOf(transport),
    hooks: hooksOf(transport),
    artifacts: artifactsOf(transport),
    identity: identityOf(transport),
    workspaces: workspacesOf(transport),
    audit: auditOf(transport),
  }
}

export type Client = ReturnType<typeof createClient>
