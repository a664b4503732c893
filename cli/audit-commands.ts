import type { Command } from "./command.ts"

const filters = [
  ["--action <action>", "only this, like member.removed"],
  ["--actor <address>", "only what this person did"],
  ["--since <when>", "not before: a duration like 30d, or a time like 2026-01-31"],
  ["--until <when>", "before: a duration, or a time"],
  ["--account", "what happened with your own account, in place of the workspace"],
] as const

/** Who did what to what, and from where. */
export const auditCommands: readonly Command[] = [
  {
    name: "audit list",
    summary: "who changed what in the workspace, newest first",
    options: [
      ...filters,
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      ["--json", "print the API's objects"],
    ],
    examples: [
      "wf audit list --since 7d",
      "wf audit list --action member.removed",
      "wf audit list --account",
    ],
    load: () => import("./commands/audit/list.ts"),
  },
  {
    name: "audit export",
    summary: "all of it as JSON, an entry a line",
    options: filters,
    examples: ["wf audit export --since 2026-01-01 --until 2026-02-01 > january.ndjson"],
    load: () => import("./commands/audit/export.ts"),
  },
]
