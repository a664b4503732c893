import type { Command } from "./command.ts"
import { queues_option } from "./token-queues.ts"

const json = ["--json", "print the API's objects"] as const

/** What programs sign in with. */
export const tokenCommands: readonly Command[] = [
  {
    name: "tokens list",
    summary: "your API tokens",
    options: [json],
    examples: ["wf tokens list"],
    load: () => import("./commands/tokens/list.ts"),
  },
  {
    name: "tokens create",
    summary: "make an API token; it is shown this once",
    arguments: ["<name>"],
    options: [
      ["--role <role>", "it may do no more than this (default: all that you may)"],
      ["--scope <permission...>", "it is for this alone, like run.start,run.read"],
      queues_option,
      ["--expires <duration>", "for how long it is good, like 90d (default: until it is deleted)"],
      json,
    ],
    examples: [
      "wf tokens create ci",
      "wf tokens create dashboard --role viewer --expires 90d",
      "wf tokens create ci --scope run.start,run.read",
      "wf tokens create mailer --scope worker.run --queues mail,bulk",
    ],
    load: () => import("./commands/tokens/create.ts"),
  },
  {
    name: "tokens delete",
    summary: "take an API token back",
    arguments: ["<id>"],
    examples: ["wf tokens delete 0198c0de-…"],
    load: () => import("./commands/tokens/delete.ts"),
  },
]
