/** The one table of who may do what. Checks, documentation and tests derive from it. */
export const permissions = {
  "workflow.read": ["viewer", "operator", "developer", "admin", "owner"],
  "workflow.write": ["developer", "admin", "owner"],
  "schedule.write": ["developer", "admin", "owner"],
  /** Pausing, resuming and filling in what was missed. */
  "schedule.operate": ["operator", "developer", "admin", "owner"],
  /** Their names; values are never shown. */
  "secret.read": ["operator", "developer", "admin", "owner"],
  "secret.write": ["developer", "admin", "owner"],
  /** The addresses of webhooks; whoever knows one can begin runs. */
  "hook.manage": ["developer", "admin", "owner"],
  "secret.rotate": ["admin", "owner"],
  "run.read": ["viewer", "operator", "developer", "admin", "owner"],
  "run.start": ["operator", "developer", "admin", "owner"],
  "run.cancel": ["operator", "developer", "admin", "owner"],
  "run.pause": ["operator", "developer", "admin", "owner"],
  "run.signal": ["operator", "developer", "admin", "owner"],
  /** To be heard at all: who may decide about a task is what its `roles` and `people` say. */
  "task.decide": ["viewer", "operator", "developer", "admin", "owner"],
  "job.read": ["viewer", "operator", "developer", "admin", "owner"],
  "job.create": ["operator", "developer", "admin", "owner"],
  /** Jobs that are commands: who may write workflows may run any command. */
  "job.command": ["developer", "admin", "owner"],
  "job.cancel": ["operator", "developer", "admin", "owner"],
  "dead_letter.resolve": ["operator", "developer", "admin", "owner"],
  "queue.manage": ["operator", "developer", "admin", "owner"],
  "worker.read": ["viewer", "operator", "developer", "admin", "owner"],
  /** A worker of one's own: it is told what its tasks are given, and says what became of them. */
  "worker.run": ["operator", "developer", "admin", "owner"],
  /** The values that a running task declares, for its worker: who may write workflows could have them shown. */
  "secret.give": ["developer", "admin", "owner"],
  "log.read": ["viewer", "operator", "developer", "admin", "owner"],
  /** How long logs and attempts are kept. */
  "retention.set": ["admin", "owner"],
  "artifact.read": ["viewer", "operator", "developer", "admin", "owner"],
  "artifact.write": ["operator", "developer", "admin", "owner"],
  /** The platform's own signing keys: owners of its first workspace. */
  "key.rotate": ["owner"],
  /** Everybody's accounts, and keeping them out: owners of its first workspace. */
  "account.manage": ["owner"],
  /** One's own, and what has come of them. */
  "subscription.read": ["viewer", "operator", "developer", "admin", "owner"],
  "subscription.write": ["viewer", "operator", "developer", "admin", "owner"],
  /** The workspace's own, which tell others than who makes them; they show what tasks have sent, too. */
  "subscription.manage": ["developer", "admin", "owner"],
  /** One's own inbox. What is read is marked as read by it, too. */
  "notification.read": ["viewer", "operator", "developer", "admin", "owner"],
  "audit.read": ["admin", "owner"],
  "token.manage": ["viewer", "operator", "developer", "admin", "owner"],
  "member.read": ["viewer", "operator", "developer", "admin", "owner"],
  /** Inviting, changing roles and removing; never above one's own role. */
  "member.manage": ["admin", "owner"],
  "workspace.rename": ["admin", "owner"],
  "workspace.archive": ["owner"],
} as const satisfies Record<string, readonly Role[]>

export const roles = ["viewer", "operator", "developer", "admin", "owner"] as const

export type Role = (typeof roles)[number]

export const isAbove = (role: Role, other: Role): boolean => roles.indexOf(role) > roles.indexOf(other)

export type Permission = keyof typeof permissions

export const isPermission = (text: string): text is Permission => Object.hasOwn(permissions, text)

export const includes = (role: Role, permission: Permission): boolean => {
  const allowed: readonly Role[] = permissions[permission]
  return allowed.includes(role)
}

/** What an operation asks for: a permission, only to be signed in, or nothing at all. */
export type Asked = Permission | "signed_in" | "open"

/** The permission that each operation of the API asks for. A test holds that none is missing, and that they refuse. */
export const operations: Readonly<Record<string, Asked>> = {
  ...{ register: "open", login: "open", refreshLogin: "open" },
  ...{ getOidcProvider: "open", startOidc: "open", finishOidc: "open", redeemOidc: "open" },
  /** Codes that nobody guesses are what these ask for. */
  ...{ requestDeviceCode: "open", redeemDeviceCode: "open", decideDevice: "signed_in" },
  /** A link that was mailed is what these ask for, or nothing but an address. */
  ...{ verifyRegistration: "open", resetPassword: "open", forgotPassword: "open" },
  /** Checks a signature in place of a token. */
  receiveHook: "open",
  ...{ listSessions: "signed_in", endSession: "signed_in", endSessions: "signed_in" },
  ...{ logout: "signed_in", getMe: "signed_in", listWorkspaces: "signed_in" },
  /** Whoever is in a workspace may leave it; removing others takes `member.manage`. */
  ...{ createWorkspace: "signed_in", acceptInvite: "signed_in", removeMember: "signed_in" },
  ...{ getWorkspace: "member.read", listMembers: "member.read", changeMember: "member.manage" },
  ...{ createInvite: "member.manage", listInvites: "member.manage", revokeInvite: "member.manage" },
  ...{ createServiceAccount: "member.manage", deleteServiceAccount: "member.manage" },
  ...{ createServiceToken: "member.manage", deleteServiceToken: "member.manage" },
  ...{ listServiceTokens: "member.manage", listServiceAccounts: "member.read" },
  ...{ suspendMember: "member.manage", resumeMember: "member.manage" },
  rotateSigningKeys: "key.rotate",
  ...{ listAccounts: "account.manage", suspendAccount: "account.manage", resumeAccount: "account.manage" },
  ...{ renameWorkspace: "workspace.rename" },
  ...{ archiveWorkspace: "workspace.archive", restoreWorkspace: "workspace.archive" },
  ...{ listAudit: "audit.read", exportAudit: "audit.read" },
  ...{ createToken: "token.manage", listTokens: "token.manage", deleteToken: "token.manage" },

  ...{ listWorkflows: "workflow.read", getWorkflow: "workflow.read", listVersions: "workflow.read" },
  ...{ getVersion: "workflow.read", validateWorkflow: "workflow.read" },
  /** `run.start` if it is a sequence that is sent. */
  pushWorkflow: "workflow.write",
  ...{ archiveWorkflow: "workflow.write", restoreWorkflow: "workflow.write" },
  ...{ listSchedules: "workflow.read", getSchedule: "workflow.read", listFires: "workflow.read" },
  listNextFires: "workflow.read",
  ...{ createSchedule: "schedule.write", deleteSchedule: "schedule.write" },
  ...{ pauseSchedule: "schedule.operate", resumeSchedule: "schedule.operate" },
  backfillSchedule: "schedule.operate",
  ...{ listHooks: "hook.manage", showHook: "hook.manage", rotateHook: "hook.manage" },
  ...{ listSecrets: "secret.read", setSecret: "secret.write", deleteSecret: "secret.write" },
  ...{ rotateSecretKey: "secret.rotate", giveSecrets: "secret.give" },

  ...{ startRun: "run.start", startWorkflow: "run.start", rerunRun: "run.start", rerunRuns: "run.start" },
  ...{ createDraft: "run.start", addDraftTask: "run.start", addDraftDependency: "run.start" },
  ...{ startDraft: "run.start", getDraft: "run.read" },
  ...{ listRuns: "run.read", getRun: "run.read", listTaskRuns: "run.read", followRun: "run.read" },
  ...{ cancelRun: "run.cancel", pauseRun: "run.pause", resumeRun: "run.pause", signalRun: "run.signal" },
  ...{ listApprovals: "run.read", approveTask: "task.decide", rejectTask: "task.decide" },
  ...{ readLogs: "log.read", listExecutions: "log.read", showRetention: "log.read", searchLogs: "log.read" },
  executionStats: "log.read",
  ...{ setRetention: "retention.set", setArtifactRetention: "retention.set" },
  showArtifactRetention: "artifact.read",
  ...{ listArtifacts: "artifact.read", getArtifact: "artifact.read", presignArtifact: "artifact.read" },
  getArtifactUsage: "artifact.read",
  ...{ putArtifact: "artifact.write", deleteArtifact: "artifact.write" },

  /** `job.command` too, if the job is a command. */
  ...{ createJob: "job.create", createJobs: "job.create" },
  ...{ listJobs: "job.read", getJob: "job.read", cancelJob: "job.cancel", listDeadLetters: "job.read" },
  ...{ replayDeadLetter: "dead_letter.resolve", replayDeadLetters: "dead_letter.resolve" },
  ...{ dropDeadLetter: "dead_letter.resolve", dropDeadLetters: "dead_letter.resolve" },
  ...{ listQueues: "job.read", getQueue: "job.read", setQueue: "queue.manage" },
  ...{ pauseQueue: "queue.manage", resumeQueue: "queue.manage" },
  ...{ listWorkers: "worker.read", openWorker: "worker.run", leaveWorker: "worker.run" },
  ...{ claimWork: "worker.run", beatWorker: "worker.run", reportWork: "worker.run" },
  shipWorkLogs: "worker.run",

  /** `subscription.manage` too, if it is the workspace's. */
  ...{ listSubscriptions: "subscription.read", getSubscription: "subscription.read" },
  ...{ createSubscription: "subscription.write", changeSubscription: "subscription.write" },
  ...{ deleteSubscription: "subscription.write", rotateSubscriptionSecret: "subscription.write" },
  ...{ pauseSubscription: "subscription.write", resumeSubscription: "subscription.write" },
  testSubscription: "subscription.write",
  ...{ listDeliveries: "subscription.read", getDelivery: "subscription.read" },
  ...{ redeliver: "subscription.write", redeliverMany: "subscription.write" },
  ...{ listNotifications: "notification.read", countUnread: "notification.read" },
  ...{ readNotification: "notification.read", readAllNotifications: "notification.read" },
  ...{ unreadNotification: "notification.read", followNotifications: "notification.read" },
}

export const isRole = (text: unknown): text is Role =>
  typeof text === "string" && (roles as readonly string[]).includes(text)
