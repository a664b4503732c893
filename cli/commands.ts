import { accountCommands } from "./account-commands.ts"
import { adminCommands } from "./admin-commands.ts"
import { artifactCommands } from "./artifact-commands.ts"
import { auditCommands } from "./audit-commands.ts"

import { authoringCommands } from "./authoring-commands.ts"
import { benchCommands } from "./bench-commands.ts"

import type { Command } from "./command.ts"
import { historyCommands, retentionCommands } from "./history-commands.ts"
import { hookCommands } from "./hook-commands.ts"
import { identityCommands } from "./identity-commands.ts"
import { jobCommands } from "./job-commands.ts"
import { memberCommands } from "./member-commands.ts"
import { notificationCommands } from "./notification-commands.ts"
import { scheduleCommands } from "./schedule-commands.ts"
import { secretCommands } from "./secret-commands.ts"
import { serviceAccountCommands } from "./service-account-commands.ts"
import { setupCommands } from "./setup-commands.ts"
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
    summary: "what the tasks of a run, or of a workflow, have printed",
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
    summary: "see all that goes on, as it changes",
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
    summary: "run a run again: all of it, what failed, or a part",
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
  ...identityCommands,
  ...accountCommands,
  ...memberCommands,
  ...tokenCommands,
  ...serviceAccountCommands,
  ...auditCommands,
  ...retentionCommands,
  ...notificationCommands,
  ...adminCommands,
  ...benchCommands,
  ...setupCommands,
  {
    name: "demo",
    summary: "push the examples and start some",
    examples: ["wf demo"],
    load: () => import("./commands/platform/demo.ts"),
  },
]
