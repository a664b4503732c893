import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

const settings = [
  [
    "--event <event...>",
    "run.failed, run.completed, run.cancelled, run.slow, approval.waiting, approval.reminded, job.dead_lettered, or of tickets ticket.created, ticket.updated, ticket.status.updated or comment.added; repeat it for more",
  ],
  ["--longer-than <duration>", "with run.slow: how long a run may take, like 10m"],
  ["--workflow <name...>", "only of these workflows"],
  ["--tag <tag...>", "only of workflows with one of these tags"],
  ["--to <where...>", "a URL for webhook and slack; addresses for email (default: your own)"],
  ["--digest <how>", "none, hourly or daily: one message rather than one for each event"],
  [
    "--quiet <from-until>",
    "quiet hours, like 22:00-07:00; what happens meanwhile is told at their end; `none` ends them",
  ],
  ["--timezone <zone>", "by whose clocks, like Europe/Berlin (default UTC)"],
] as const

const listed = [
  ["--unread", "only what you have not read"],
  ["--limit <number>", "how many (default 20)"],
  ["--all", "all of it"],
  json,
] as const

const inbox: readonly Command[] = [
  {
    name: "inbox",
    summary: "what you are told, and what waits for you",
    options: [
      ["--plain", "as it is now, without a screen of its own"],
      ["-f, --follow", "go on as it comes, until Ctrl-C"],
      ...listed,
    ],
    examples: ["wf inbox", "wf inbox --unread --json", "wf inbox --follow"],
    load: () => import("./commands/inbox/open.ts"),
  },
  {
    name: "inbox list",
    summary: "what you were told, as a table",
    options: listed,
    examples: ["wf inbox list --unread"],
    load: () => import("./commands/inbox/list.ts"),
  },
  {
    name: "inbox read",
    summary: "mark one notification as read, or all",
    arguments: ["[notification]"],
    options: [["--all", "all of them"], json],
    examples: ["wf inbox read 0198c0de-…", "wf inbox read --all"],
    load: () => import("./commands/inbox/read.ts"),
  },
  {
    name: "inbox unread",
    summary: "mark one notification as if you had not read it",
    arguments: ["<notification>"],
    options: [json],
    examples: ["wf inbox unread 0198c0de-…"],
    load: () => import("./commands/inbox/unread.ts"),
  },
]

const subscriptions: readonly Command[] = [
  {
    name: "subscriptions list",
    summary: "what you are told of, and where; and the workspace's, if you may manage them",
    options: [["--all", "all of them"], json],
    examples: ["wf subscriptions list"],
    load: () => import("./commands/subscriptions/list.ts"),
  },
  {
    name: "subscriptions show",
    summary: "one subscription with its settings",
    arguments: ["<subscription>"],
    options: [["--field <path>", "print one value, as `to` or `pause_reason`"], json],
    examples: ["wf subscriptions show 0198c0de-…"],
    load: () => import("./commands/subscriptions/show.ts"),
  },
  {
    name: "subscriptions create",
    summary: "be told of what happens: in the inbox, by mail, webhook or Slack",
    arguments: ["[name]"],
    options: [
      ...settings,
      ["--channel <channel>", "in_app, email, webhook or slack (default in_app)"],
      ["--for-workspace", "the workspace's rather than your own"],
      json,
    ],
    examples: [
      "wf subscriptions create --event run.failed",
      "wf subscriptions create ops --for-workspace --event run.failed \\\n    --channel slack --to https://hooks.slack.com/services/…",
      "wf subscriptions create --event run.slow --longer-than 10m --channel email",
    ],
    load: () => import("./commands/subscriptions/create.ts"),
  },
  {
    name: "subscriptions update",
    summary: "change what is named; all else stays",
    arguments: ["<subscription>"],
    options: [["--name <name>", "what it is called"], ...settings, json],
    examples: [
      "wf subscriptions update 0198c0de-… --digest hourly \\\n    --quiet 22:00-07:00 --timezone Europe/Berlin",
    ],
    load: () => import("./commands/subscriptions/update.ts"),
  },
  {
    name: "subscriptions pause",
    summary: "tell nothing more until it is resumed",
    arguments: ["<subscription>"],
    options: [json],
    examples: ["wf subscriptions pause 0198c0de-…"],
    load: () => import("./commands/subscriptions/pause.ts"),
  },
  {
    name: "subscriptions resume",
    summary: "let a paused subscription tell again",
    arguments: ["<subscription>"],
    options: [json],
    examples: ["wf subscriptions resume 0198c0de-…"],
    load: () => import("./commands/subscriptions/resume.ts"),
  },
  {
    name: "subscriptions test",
    summary: "send something to where it leads, and see whether it arrives",
    arguments: ["<subscription>"],
    options: [json],
    examples: ["wf subscriptions test 0198c0de-…"],
    load: () => import("./commands/subscriptions/test.ts"),
  },
  {
    name: "subscriptions rotate",
    summary: "give a webhook another secret; for a day the old one signs, too",
    arguments: ["<subscription>"],
    options: [json],
    examples: ["wf subscriptions rotate 0198c0de-…"],
    load: () => import("./commands/subscriptions/rotate.ts"),
  },
  {
    name: "subscriptions delete",
    summary: "take a subscription away, with its deliveries",
    arguments: ["<subscription>"],
    options: [["--yes", "don't ask"]],
    examples: ["wf subscriptions delete 0198c0de-… --yes"],
    load: () => import("./commands/subscriptions/delete.ts"),
  },
]

const deliveries: readonly Command[] = [
  {
    name: "deliveries list",
    summary: "what was sent, what waits, and what could not be delivered",
    options: [
      ["--status <status>", "only these: queued, held, delivered, dead or bundled"],
      ["--subscription <id>", "only of this subscription"],
      ["--run <run>", "only because of this run"],
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      json,
    ],
    examples: ["wf deliveries list --status dead"],
    load: () => import("./commands/deliveries/list.ts"),
  },
  {
    name: "deliveries show",
    summary: "one delivery, and what was answered each time",
    arguments: ["<delivery>"],
    options: [["--field <path>", "print one value, as `status` or `error`"], json],
    examples: ["wf deliveries show 0198c0de-…"],
    load: () => import("./commands/deliveries/show.ts"),
  },
  {
    name: "deliveries redeliver",
    summary: "send one once more, or many that could not be delivered",
    arguments: ["[delivery]"],
    options: [
      ["--subscription <id>", "all of this subscription"],
      ["--since <duration>", "all of the last such time"],
      ["--all", "all of them"],
      ["--status <status>", "of many: dead or delivered (default dead)"],
      ["--yes", "don't ask"],
      json,
    ],
    examples: [
      "wf deliveries redeliver 0198c0de-…",
      "wf deliveries redeliver --subscription 0198c0de-… --since 1d --yes",
    ],
    load: () => import("./commands/deliveries/redeliver.ts"),
  },
]

/** Who is told of what, and what came of it. */
export const notificationCommands: readonly Command[] = [...inbox, ...subscriptions, ...deliveries]
