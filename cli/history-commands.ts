import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

const time = [
  ["--since <when>", "not before: a duration like 30d, or a time like 2026-01-31"],
  ["--until <when>", "before: a duration, or a time"],
] as const

/** What has been done. */
export const historyCommands: readonly Command[] = [
  {
    name: "runs timing",
    summary: "what took a run its time: the tasks that it was waiting for, and how long they were queued",
    arguments: ["<run>"],
    options: [["--all", "all of its tasks"], json],
    examples: ["wf runs timing 0198c0de-…", "wf runs timing 0198c0de-… --all --json"],
    load: () => import("./commands/runs/timing.ts"),
  },
  {
    name: "runs export",
    summary:
      "a run that has ended as one archive: definition, events, attempts, logs, and a list of its files",
    arguments: ["<run>"],
    options: [["-o, --output <path>", "where to (default RUN.tar.gz); `-` is stdout"]],
    examples: ["wf runs export 0198c0de-… -o run.tar.gz", "wf runs export 0198c0de-… -o - | tar tz"],
    load: () => import("./commands/runs/export.ts"),
  },
  {
    name: "executions list",
    summary: "attempts of tasks and jobs: those that go on, then those that have ended, the latest first",
    options: [
      ["--run <run>", "only of this run, or of this job"],
      ["--workflow <name>", "only of this workflow"],
      ["--task <name>", "only of this task, with all its items"],
      ["--type <type>", "only of this type, like shell or http"],
      ["--worker <id>", "only what this worker did"],
      ["--status <status>", "waiting, running, completed, failed, skipped or cancelled"],
      ...time,
      ["--min-duration <duration>", "only what took at least so long"],
      ["--max-duration <duration>", "only what took at most so long"],
      ["--error <words>", "only with an error that has all these words"],
      ["--input <field=value>", "only of runs with this input, as customer=4711"],
      ["--output <field=value>", "only with this output, as rows=5 or report.state=late"],
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      json,
    ],
    examples: [
      "wf executions list --status failed --since 1d",
      "wf executions list --workflow nightly --min-duration 10m",
      "wf executions list --error 'connection refused' --json --all",
    ],
    load: () => import("./commands/executions/list.ts"),
  },
  {
    name: "executions stats",
    summary: "how many attempts ended how, and how long they took, by time",
    options: [
      ["--workflow <name>", "only of this workflow, told by task"],
      ["--task <name>", "only of this task, with all its items"],
      ["--by <what>", "workflow or task (default: workflow, or task where a workflow is named)"],
      ...time,
      ["--every <duration>", "told in stretches of so long (default 1d)"],
      json,
    ],
    examples: ["wf executions stats", "wf executions stats --workflow nightly --since 1d --every 1h"],
    load: () => import("./commands/executions/stats.ts"),
  },
  {
    name: "search",
    summary: "find lines in the logs of all runs, the latest first",
    arguments: ["[pattern]"],
    options: [
      ["--workflow <name>", "only of runs of this workflow"],
      ["--task <name>", "only of this task, with all its items"],
      ["--level <level>", "only what is at least this urgent: debug, info, warn or error"],
      ["--since <when>", "not before: a duration like 30d, or a time (default 24h)"],
      ["--until <when>", "before: a duration, or a time"],
      ["--limit <number>", "how many lines (default 100)"],
      ["--all", "all of them"],
      ["--json", "print the API's objects, one line each"],
    ],
    examples: [
      "wf search 'connection refused'",
      "wf search --level error --since 1h",
      "wf search '(?i)time.?out' --workflow nightly --since 7d",
    ],
    load: () => import("./commands/history/search.ts"),
  },
]

const artifacts = ["--artifacts", "the files of runs"] as const

/** For how long it is there. */
export const retentionCommands: readonly Command[] = [
  {
    name: "retention show",
    summary: "how long logs and attempts, or files, are kept",
    options: [artifacts, json],
    examples: ["wf retention show", "wf retention show --artifacts"],
    load: () => import("./commands/retention/show.ts"),
  },
  {
    name: "retention set",
    summary:
      "keep logs and attempts of this workspace, or files, for so many days, or as long as the platform does",
    arguments: ["<days>"],
    options: [artifacts, ["--yes", "don't ask"], json],
    examples: ["wf retention set 7 --yes", "wf retention set 30 --artifacts", "wf retention set default"],
    load: () => import("./commands/retention/set.ts"),
  },
]
