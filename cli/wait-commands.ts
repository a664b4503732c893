import type { Command } from "./command.ts"

const json = ["--json", "print the API's object"] as const
const comment = ["--comment <text>", "why; kept with the decision"] as const

/** What people say to runs that wait for them. */
export const waitCommands: readonly Command[] = [
  {
    name: "approvals list",
    summary: "what waits for your approval, over all runs",
    options: [
      ["--everyone", "also what others are asked"],
      ["--limit <number>", "how many (default 20)"],
      ["--all", "all of them"],
      ["--json", "print the API's objects"],
    ],
    examples: ["wf approvals list", "wf approvals list --everyone --json"],
    load: () => import("./commands/approvals/list.ts"),
  },
  {
    name: "approve",
    summary: "agree to what a run asks for",
    arguments: ["<run>", "<task>"],
    options: [comment, json],
    examples: ["wf approve 0198c0de-… sign_off", 'wf approve 0198c0de-… sign_off --comment "looks good"'],
    load: () => import("./commands/run/approve.ts"),
  },
  {
    name: "reject",
    summary: "refuse what a run asks for: its task fails",
    arguments: ["<run>", "<task>"],
    options: [comment, json],
    examples: ['wf reject 0198c0de-… sign_off --comment "not on a Friday"'],
    load: () => import("./commands/run/reject.ts"),
  },
  {
    name: "signal",
    summary: "tell a run what one of its tasks waits for",
    arguments: ["<run>", "<name>"],
    options: [["--data <json>", "the signal's data; `-` reads them from stdin"], json],
    examples: [
      "wf signal 0198c0de-… go",
      "wf signal 0198c0de-… payment --data '{\"amount\": 7}'",
      "wf signal 0198c0de-… payment --data - < payment.json",
    ],
    load: () => import("./commands/run/signal.ts"),
  },
]
