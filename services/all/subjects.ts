/** What operations are about (the first part of their paths), in the order in which people come to need them. */
const described = {
  workflows: "What is to be done: definitions, each version of which stays as it was pushed.",
  runs: "What is done: runs of workflows with their tasks, events, logs and artifacts.",
  approvals: "What waits for somebody's approval, in all runs.",
  schedules: "Runs at certain times.",
  hooks: "Addresses that start a run when they are called.",
  jobs: "Single tasks without a workflow.",
  queues: "Where tasks and jobs wait: pauses and limits.",
  "dead-letters": "Jobs that have used up their tries.",
  workers: "Who works; and the door for workers of your own.",
  executions: "The history of attempts: search and figures.",
  logs: "Lines of all runs: search, and how long they are kept.",
  artifacts:
    "How much room files take, and how long they are kept. The files themselves are with their runs.",
  notifications: "What you are told.",
  subscriptions: "Which events are told to whom, by e-mail, webhook, Slack or in the inbox.",
  deliveries: "What became of each notification that was sent.",
  secrets: "Values that tasks are given and nobody can read.",
  workspaces: "Workspaces with their members, invitations and service accounts.",
  invites: "For those who were invited.",
  auth: "Accounts, sign-in and sessions.",
  tokens: "Personal tokens for programs.",
  audit: "Who did what.",
  "earlier systems": "Calls that are kept for clients of earlier systems.",
} as const

export const subjects = Object.entries(described).map(([name, description]) => ({ name, description }))
