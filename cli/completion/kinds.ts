/** What the platform knows the names of. */
const live_kinds = [
  ...["run", "task", "input", "artifact", "workflow", "schedule", "secret", "queue", "worker", "job"],
  ...["dead-letter", "hook", "subscription", "delivery", "notification", "workspace", "member", "invite"],
  ...["token", "session", "service-account"],
] as const

const choices = {
  level: ["debug", "info", "warn", "error"],
  role: ["viewer", "operator", "developer", "admin", "owner"],
  channel: ["in_app", "email", "webhook", "slack"],
  digest: ["none", "hourly", "daily"],
  overlap: ["allow", "skip", "queue", "cancel_running"],
  "catch-up": ["none", "latest", "all"],
  "on-conflict": ["queue", "cancel_running", "reject"],
  by: ["workflow", "task"],
  shell: ["bash", "zsh", "fish"],
  template: ["hello", "pipeline", "approval", "schedule"],
  setting: ["profile", "url", "workspace", "credentials"],
  type: [
    "shell",
    "http",
    "script",
    "container",
    "function",
    "approval",
    "signal",
    "sleep",
    "workflow",
    "notify",
  ],
  event: [
    ...["run.failed", "run.completed", "run.cancelled", "run.slow", "approval.waiting"],
    ...["approval.reminded", "job.dead_lettered"],
    ...["ticket.created", "ticket.updated", "ticket.status.updated", "comment.added"],
  ],
  "run-status": ["pending", "running", "paused", "completed", "failed", "cancelled"],
  "job-status": ["pending", "queued", "running", "retrying", "completed", "dead_letter", "cancelled"],
  "attempt-status": ["waiting", "running", "completed", "failed", "skipped", "cancelled"],
  "fire-status": ["started", "skipped", "missed", "queued", "waiting", "failed"],
  "delivery-status": ["queued", "held", "delivered", "dead", "bundled"],
  "end-of-delivery": ["dead", "delivered"],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type LiveKind = (typeof live_kinds)[number]

type Kind =
  | LiveKind
  | keyof typeof choices
  | "file"
  | "folder"
  | "workflow-or-file"
  | "profile"
  | "topic"
  | "timezone"
  /** Whatever one likes: nothing is known of it. */
  | "free"

/** What stands for an argument: by its name, or in one command, or below one noun. */
const argument_kinds: Readonly<Record<string, Kind>> = {
  ...{ run: "run", task: "task", hook: "hook", subscription: "subscription", delivery: "delivery" },
  ...{ notification: "notification", member: "member", invite: "invite", slug: "workspace", role: "role" },
  ...{ profile: "profile", setting: "setting", topic: "topic", shell: "shell", file: "file", path: "file" },
  template: "template",
  ...{ "file-or-name": "workflow-or-file", value: "free", address: "free", link: "free", code: "free" },
  ...{ pattern: "free", days: "free", type: "free", from: "free", to: "free", token: "free" },
  "workflows <name>": "workflow",
  "schedules <name>": "schedule",
  "schedules create <name>": "free",
  "queues <name>": "queue",
  "secrets <name>": "secret",
  "jobs <id>": "job",
  "dead-letters <id>": "dead-letter",
  "tokens <id>": "token",
  "tokens create <name>": "free",
  "sessions <id>": "session",
  "artifacts <name>": "artifact",
  "signal <name>": "free",
  "workspaces <name>": "free",
  "service-accounts <account>": "service-account",
  "service-accounts create <name>": "free",
  "admin <account>": "free",
  "subscriptions <name>": "free",
}

const option_kinds: Readonly<Record<string, Kind>> = {
  ...{ "--workflow": "workflow", "--run": "run", "--task": "task", "--from": "task", "--input": "input" },
  ...{ "--queue": "queue", "--queues": "queue", "--subscription": "subscription", "--worker": "worker" },
  ...{ "--profile": "profile", "--workspace": "workspace", "--level": "level", "--role": "role" },
  ...{ "--channel": "channel", "--event": "event", "--digest": "digest", "--overlap": "overlap" },
  ...{ "--catch-up": "catch-up", "--on-conflict": "on-conflict", "--by": "by", "--timezone": "timezone" },
  ...{ "--file": "file", "--inputs": "file", "--put": "file", "--output": "file" },
  "up --data": "folder",
  "down --data": "folder",
  "doctor --data": "folder",
  "runs list --status": "run-status",
  "jobs list --status": "job-status",
  "executions list --status": "attempt-status",
  "executions list --type": "type",
  "executions list --input": "free",
  "executions list --output": "free",
  "schedules history --status": "fire-status",
  "schedules backfill --from": "free",
  "deliveries list --status": "delivery-status",
  "deliveries redeliver --status": "end-of-delivery",
  "bench jobs --queue": "free",
}

const found = (table: Readonly<Record<string, Kind>>, ...names: readonly string[]): Kind | undefined => {
  const name = names.find((one) => Object.hasOwn(table, one))
  return name === undefined ? undefined : table[name]
}

/** What an argument `<name>`, `[name]` or `<name...>` of a command is; undefined where nobody has said. */
export const kindOfArgument = (command: string, argument: string): Kind | undefined => {
  const name = argument.replaceAll(/[<>[\].]/g, "")
  const noun = command.split(" ")[0] ?? ""
  return found(argument_kinds, `${command} <${name}>`, `${noun} <${name}>`, name)
}

/** What the value of an option is, by its long name. */
export const kindOfOption = (command: string, option: string): Kind =>
  found(option_kinds, `${command} ${option}`, option) ?? "free"

export const isLive = (kind: Kind): kind is LiveKind => live_kinds.some((one) => one === kind)

/** What can be listed without asking anybody. */
export const choicesOf = (kind: Kind): readonly string[] => {
  if (kind === "timezone") return Intl.supportedValuesOf("timeZone")
  return Object.hasOwn(choices, kind) ? choices[kind as keyof typeof choices] : []
}

export type { Kind }
