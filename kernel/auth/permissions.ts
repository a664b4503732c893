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
  "artifact.read": ["viewer", "operator", "developer", "admin", "owner"],
  "artifact.write": ["operator", "developer", "admin", "owner"],
  "token.manage": ["viewer", "operator", "developer", "admin", "owner"],
} as const satisfies Record<string, readonly Role[]>

export const roles = ["viewer", "operator", "developer", "admin", "owner"] as const

export type Role = (typeof roles)[number]

export type Permission = keyof typeof permissions

export const isRole = (text: unknown): text is Role =>
  typeof text === "string" && (roles as readonly string[]).includes(text)
