import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

/** What begins runs from outside, at the ends of others and at events. */
export const hookCommands: readonly Command[] = [
  {
    name: "hooks list",
    summary:
      "what begins runs: addresses of webhooks, other workflows, events, and how it went the last time",
    options: [["--workflow <name>", "only those of this workflow"], ["--all", "all of them"], json],
    examples: ["wf hooks list", "wf hooks list --workflow deploy --json"],
    load: () => import("./commands/hooks/list.ts"),
  },
  {
    name: "hooks show",
    summary: "one of them, with what became of the newest requests to it",
    arguments: ["<hook>"],
    options: [["--field <path>", "print only this field"], json],
    examples: ["wf hooks show deploy", "wf hooks show deploy/on-push --json"],
    load: () => import("./commands/hooks/show.ts"),
  },
  {
    name: "hooks rotate",
    summary: "give a webhook another address; nobody gets in by the one it had",
    arguments: ["<hook>"],
    options: [["--yes", "don't ask"], json],
    examples: ["wf hooks rotate deploy", "wf hooks rotate deploy/on-push --yes"],
    load: () => import("./commands/hooks/rotate.ts"),
  },
]
