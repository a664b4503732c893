import { accountCommands } from "./account-commands.ts"
import { adminCommands } from "./admin-commands.ts"
import { artifactCommands } from "./artifact-commands.ts"
import { auditCommands } from "./audit-commands.ts"
import { authoringCommands } from "./authoring-commands.ts"
import type { Command } from "./command.ts"
import { historyCommands, retentionCommands } from "./history-commands.ts"
import { hookCommands } from "./hook-commands.ts"
import { jobCommands } from "./job-commands.ts"
import { memberCommands } from "./member-commands.ts"
import { notificationCommands } from "./notification-commands.ts"
import { scheduleCommands } from "./schedule-commands.ts"
import { secretCommands } from "./secret-commands.ts"
import { serviceAccountCommands } from "./service-account-commands.ts"
import { tokenCommands } from "./token-commands.ts"
import { waitCommands } from "./wait-commands.ts"
import { workflowCommands } from "./workflow-commands.ts"

const plain = ["--plain", "line by line, without a screen of its own"] as const
const json = ["--json", "print the API's objects, one line each for streams"] as const
const inputs = ["-i, --input <key=value...>", "an input of the run; repeat it for more"] as const

/** Every command there is, in the order that help shows them. */
export const commands: readonly Command[] = [
  {
    name: "up",
    summary: "start the whole platform on this machine",
    options: [
      ["--data <dir>", "where everything is kept (default ./.wf)"],
      ["--port <number>", "HTTP port; gRPC takes the next one (default 4400)"],
      ["--detach", "go on in the background"],
      ["--json", "print the URL as JSON"],
    ],
    examples: ["wf up", "wf up --data /srv/wf --port 4500 --detach"],
    load: () => import("./commands/platform/up.ts"),
  },
  {
    name: "down",
    summary: "stop the platform that `wf up` started",
    options: [["--data <dir>", "its data folder (default ./.wf)"]],
    examples: ["wf down"],
    load: () => import("./commands/platform/down.ts"),
  },
  {
    name: "run",
    summary: "run a workflow: a file, or one by its name",
    arguments: ["<file-or-name>"],
    options: [
      ["--version <number>", "run this version of it"],
      inputs,
      ["--inputs <file>", "inputs from a JSON or YAML file"],
      ["--detach", "print the run's id and don't wait"],
      ["--timeout <duration>", "stop waiting after this long (the run goes on)"],
      plain,
      ["--local", "on a platform of its own, for this run alone"],
      json,
    ],
    examples: ["wf run examples/hello.yml", "wf run hello -i name=Ada", "wf run nightly --detach"],
    load: () => import("./commands/run/run.ts"),
  },
  {
    name: "watch",
    summary: "follow a run until it ends",
    arguments: ["<run>"],
    options: [["--timeout <duration>", "stop waiting after this long (the run goes on)"], plain, json],
    examples: ["wf watch 0198c0de-…"],
    load: () => import("./commands/run/watch.ts"),
  },
  {
    name: "logs",
    summary: "what the tasks of a run have printed, or of all runs of a workflow",
    arguments: ["[run]"],
    options: [
      ["--workflow <name>", "of its latest run; with -f of all that go on, and of those that begin"],
      ["-f, --follow", "go on as lines come, until the run ends"],
      ["--task <name>", "only this task, with all its items; or one item, such as 'shard[0]'"],
      ["--tail <number>", "only the last lines"],
      ["--since <duration>", "only lines of the last such time"],
      ["--attempt <number>", "only of this attempt of a task; the first is 1"],
      ["--level <level>", "only what is at least this urgent: debug, info, warn or error"],
      ["--grep <pattern>", "only lines that match this text or regular expression (RE2)"],
      ["--timestamps", "with each line's time"],
      json,
    ],
    examples: [
      "wf logs 0198c0de-… -f",
      "wf logs 0198c0de-… --task build --tail 50",
      "wf logs --workflow nightly -f",
      "wf logs 0198c0de-… --level warn --grep '(?i)time.?out'",
    ],
    load: () => import("./commands/run/logs.ts"),
  },
  {
    name: "top",
    summary: "see what goes on: runs, failures, queues, workers and dead letters",
    options: [
      ["--plain", "as it is now, without a screen of its own"],
      ["--json", "as it is now, as one object of the API's"],
    ],
    examples: ["wf top", "wf top --json"],
    load: () => import("./commands/platform/top.ts"),
  },
  {
    name: "cancel",
    summary: "stop a run",
    arguments: ["<run>"],
    options: [json],
    examples: ["wf cancel 0198c0de-…"],
    load: () => import("./commands/run/cancel.ts"),
  },
  {
    name: "pause",
    summary: "begin nothing new of a run until it is resumed",
    arguments: ["<run>"],
    options: [json],
    examples: ["wf pause 0198c0de-…"],
    load: () => import("./commands/run/pause.ts"),
  },
  {
    name: "resume",
    summary: "let a paused run go on",
    arguments: ["<run>"],
    options: [json],
    examples: ["wf resume 0198c0de-…"],
    load: () => import("./commands/run/resume.ts"),
  },
  {
    name: "rerun",
    summary: "run a run's workflow again: all of it, what failed, or from a task on",
    arguments: ["[run]"],
    options: [
      ["--failed", "keep what has completed"],
      ["--from <task>", "keep all but this task and what comes after it"],
      inputs,
      ["--latest", "with the workflow's latest version"],
      ["--all-failed", "all runs that have failed and were not rerun yet"],
      ["--workflow <name>", "with --all-failed: only runs of this workflow"],
      ["--since <duration>", "with --all-failed: only runs of the last such time"],
      ["--detach", "print the run's id and don't wait"],
      ["--timeout <duration>", "stop waiting after this long (the run goes on)"],
      plain,
      json,
    ],
    examples: [
      "wf rerun 0198c0de-… --failed",
      "wf rerun 0198c0de-… --from build -i day=mon",
      "wf rerun --all-failed --since 1h",
    ],
    load: () => import("./commands/run/rerun.ts"),
  },
  ...waitCommands,
  ...authoringCommands,
  {
    name: "runs list",
    summary: "the latest runs",
    options: [
      ["--status <status>", "only with this status"],
      ["--workflow <name>", "only of this workflow"],
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      json,
    ],
    examples: ["wf runs list --status failed", "wf runs list --json --all"],
    load: () => import("./commands/runs/list.ts"),
  },
  {
    name: "runs show",
    summary: "one run with its tasks",
    arguments: ["<run>"],
    options: [["--field <path>", "print one value, as `status` or `outputs.rows`"], json],
    examples: ["wf runs show 0198c0de-…", "wf runs show 0198c0de-… --field status"],
    load: () => import("./commands/runs/show.ts"),
  },
  ...historyCommands,
  ...jobCommands,
  ...workflowCommands,
  ...scheduleCommands,
  ...hookCommands,
  ...secretCommands,
  ...artifactCommands,
  {
    name: "login",
    summary: "sign in to a platform and remember it as a profile",
    options: [
      ["--device", "by agreeing in a browser, here or elsewhere; on a terminal that is the usual way"],
      ["--email <address>", "with a password, which is asked for, or read from stdin"],
      ["--with-token", "with an API token, read from stdin"],
      ["--sso", "with your browser on this machine, at the platform's identity provider"],
      ["--name <profile>", "the profile's name (default: the host)"],
    ],
    examples: [
      "wf login --url https://wf.example.com",
      "wf login --url https://wf.example.com --with-token < token",
      "wf login --url https://wf.example.com --sso",
    ],
    load: () => import("./commands/identity/login.ts"),
  },
  {
    name: "logout",
    summary: "forget a profile's token",
    examples: ["wf logout"],
    load: () => import("./commands/identity/logout.ts"),
  },
  {
    name: "whoami",
    summary: "who you are, where, and with which role",
    options: [json],
    examples: ["wf whoami"],
    load: () => import("./commands/identity/whoami.ts"),
  },
  ...accountCommands,
  ...memberCommands,
  ...tokenCommands,
  ...serviceAccountCommands,
  ...auditCommands,
  ...retentionCommands,
  ...notificationCommands,
  ...adminCommands,
  {
    name: "bench jobs",
    summary: "create jobs as fast as it goes, wait for their ends, and print rates and percentiles",
    options: [
      ["--count <number>", "how many (default 1000)"],
      ["--concurrency <number>", "how many requests at once (default 50)"],
      ["--type <type>", "of what type (default noop)"],
      ["--payload <json>", "with what payload (default {})"],
      ["--flaky <share>", "so many of them fail every other try; one in eight of those ends a dead letter"],
      ["--queue <name>", "in this queue, which nobody else should use (default: a new one)"],
      json,
    ],
    examples: [
      "wf bench jobs --count 10000 --concurrency 100",
      "wf bench jobs --count 5000 --flaky 0.2 --json",
    ],
    load: () => import("./commands/bench/jobs.ts"),
  },
  {
    name: "bench sequences",
    summary: "start sequences of steps as fast as it goes, wait for their ends, and print rates",
    options: [
      ["--count <number>", "how many (default 1000)"],
      ["--steps <number>", "how many steps each (default 3)"],
      ["--concurrency <number>", "how many requests at once (default 50)"],
      ["--type <type>", "of what type the steps are (default noop)"],
      json,
    ],
    examples: ["wf bench sequences --count 5000 --steps 3 --concurrency 50"],
    load: () => import("./commands/bench/sequences.ts"),
  },
  {
    name: "demo",
    summary: "push the examples and start some",
    examples: ["wf demo"],
    load: () => import("./commands/platform/demo.ts"),
  },
]
