import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

/** What there is for runs that start by themselves. */
export const scheduleCommands: readonly Command[] = [
  {
    name: "schedules list",
    summary: "when workflows run by themselves, and how the last time went",
    options: [["--workflow <name>", "only of this workflow"], ["--all", "all of them"], json],
    examples: ["wf schedules list", "wf schedules list --workflow nightly --json"],
    load: () => import("./commands/schedules/list.ts"),
  },
  {
    name: "schedules show",
    summary: "one schedule with its settings",
    arguments: ["<name>"],
    options: [["--field <path>", "print one value, as `next_at` or `last.reason`"], json],
    examples: ["wf schedules show nightly", "wf schedules show nightly --field next_at"],
    load: () => import("./commands/schedules/show.ts"),
  },
  {
    name: "schedules next",
    summary: "when it will be due, by the clocks of its zone and by yours",
    arguments: ["<name>"],
    options: [["--count <number>", "how many times (default 10)"], json],
    examples: ["wf schedules next nightly", "wf schedules next nightly --count 3 --json"],
    load: () => import("./commands/schedules/next.ts"),
  },
  {
    name: "schedules history",
    summary: "each time that was due, and why there is a run for it or not",
    arguments: ["<name>"],
    options: [
      ["--status <status>", "only these: started, skipped, missed, queued, waiting or failed"],
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      json,
    ],
    examples: ["wf schedules history nightly", "wf schedules history nightly --status missed"],
    load: () => import("./commands/schedules/history.ts"),
  },
  {
    name: "schedules create",
    summary: "run a workflow by itself, beside what its file says",
    arguments: ["<name>"],
    options: [
      ["--workflow <name>", "which one (default: the schedule's name)"],
      ["--cron <expression>", "minute, hour, day, month, weekday; seconds first, if six"],
      ["--timezone <zone>", "by whose clocks, like Europe/Berlin (default UTC)"],
      ["--catch-up <which>", "of what was missed: none, latest or all (default none)"],
      ["--window <duration>", "nothing older is caught up (default 24h)"],
      [
        "--overlap <what>",
        "while its last run goes on: allow, skip, queue or cancel_running (default allow)",
      ],
      ["--jitter <duration>", "start up to so much later (default 0s)"],
      ["-i, --input <key=value...>", "an input of its runs; repeat it for more"],
      json,
    ],
    examples: [
      'wf schedules create mornings --workflow report \\\n    --cron "30 7 * * 1-5" --timezone Europe/Berlin',
      'wf schedules create often --workflow sync --cron "*/5 * * * *" \\\n    -i day="${{ date(trigger.scheduled_at) }}"',
    ],
    load: () => import("./commands/schedules/create.ts"),
  },
  {
    name: "schedules pause",
    summary: "leave out what is due until it is resumed",
    arguments: ["<name>"],
    options: [json],
    examples: ["wf schedules pause nightly"],
    load: () => import("./commands/schedules/pause.ts"),
  },
  {
    name: "schedules resume",
    summary: "let a paused schedule start runs again",
    arguments: ["<name>"],
    options: [json],
    examples: ["wf schedules resume nightly"],
    load: () => import("./commands/schedules/resume.ts"),
  },
  {
    name: "schedules backfill",
    summary: "start a run for every time of a range that has none",
    arguments: ["<name>"],
    options: [
      ["--from <time>", "from here on, like 2026-03-01 or 2026-03-01T09:00:00Z"],
      ["--to <time>", "up to here (default: now)"],
      ["--dry-run", "only say which times that would be"],
      ["--yes", "don't ask"],
      json,
    ],
    examples: ["wf schedules backfill nightly --from 2026-03-01 --to 2026-03-05 --dry-run"],
    load: () => import("./commands/schedules/backfill.ts"),
  },
  {
    name: "schedules delete",
    summary: "take a schedule away that was made by `create`",
    arguments: ["<name>"],
    options: [["--yes", "don't ask"]],
    examples: ["wf schedules delete mornings"],
    load: () => import("./commands/schedules/delete.ts"),
  },
]
