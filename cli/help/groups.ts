/** What people do, and the commands that they do it with, in the order that help shows them. */
const groups: Readonly<Record<string, readonly string[]>> = {
  "Start a platform on this machine:": ["up", "down", "demo"],
  "Run workflows, and see what becomes of them:": [
    ...["run", "watch", "logs", "top", "runs", "artifacts", "cancel", "pause", "resume", "rerun"],
    ...["approvals", "approve", "reject", "signal"],
  ],
  "Write workflows:": [
    ...["init", "validate", "plan", "push", "schema", "import", "workflows", "schedules", "hooks", "secrets"],
  ],
  "Run jobs:": ["jobs", "dead-letters", "queues", "workers"],
  "Look back:": ["search", "executions", "retention", "audit"],
  "Be told of what happens:": ["inbox", "subscriptions", "deliveries"],
  "Sign in, and work with others:": [
    ...["login", "logout", "whoami", "account", "workspaces", "members", "tokens", "service-accounts"],
    "sessions",
  ],
  "Run a platform for others:": ["admin", "bench"],
  "This client:": ["doctor", "open", "config", "completion", "help"],
}

/** What is done below each noun. */
export const nouns: Readonly<Record<string, string>> = {
  runs: "list, show, time and export them",
  workflows: "list, show, compare, archive and restore them",
  import: "make workflows of what other programs have recorded",
  secrets: "what tasks are given and nobody is shown",
  schedules: "list, make, pause and fill in what starts by itself",
  executions: "find attempts of tasks, and count them",
  retention: "see and set how long logs and files are kept",
  hooks: "what begins runs from outside, and its addresses",
  approvals: "list what waits for you",
  artifacts: "list, download and upload the files of runs",
  jobs: "list, show, create and cancel single pieces of work",
  "dead-letters": "list, replay and drop jobs that failed for good",
  queues: "list, limit, pause and resume them",
  workers: "list them",
  subscriptions: "choose what you are told of, and where",
  deliveries: "what was sent, and send it once more",
  bench: "load a platform, and print rates and percentiles",
  account: "register, confirm an address, get a new password",
  workspaces: "list, make, choose, rename, archive and join them",
  sessions: "list and end where you are signed in",
  members: "list, invite and remove them, and give them roles",
  tokens: "list, create and delete API tokens",
  "service-accounts": "members that are programs, and their tokens",
  admin: "accounts and keys of the whole platform",
  config: "profiles, and what holds for commands here",
  audit: "list and export who changed what, and from where",
}

const order: readonly string[] = Object.values(groups).flat()

export const groupOf = (noun: string): string | undefined =>
  Object.entries(groups).find(([, words]) => words.includes(noun))?.[0]

/** Where help has a command: those of one group together, a noun's by themselves. */
export const placeOf = (name: string): number => order.indexOf(name.split(" ")[0] ?? "")
