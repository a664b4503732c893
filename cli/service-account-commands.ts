import type { Command } from "./command.ts"
import { queues_option } from "./token-queues.ts"

const json = ["--json", "print the API's objects"] as const

/** Members of the workspace that are programs. */
export const serviceAccountCommands: readonly Command[] = [
  {
    name: "service-accounts list",
    summary: "the members that are programs, and when they were last there",
    options: [["--all", "all of them"], json],
    examples: ["wf service-accounts list"],
    load: () => import("./commands/service-accounts/list.ts"),
  },
  {
    name: "service-accounts create",
    summary: "make a member for a program, that belongs to nobody who may leave",
    arguments: ["<name>"],
    options: [["--role <role>", "viewer, operator (default), developer or admin; not above your own"], json],
    examples: ["wf service-accounts create deploy --role developer"],
    load: () => import("./commands/service-accounts/create.ts"),
  },
  {
    name: "service-accounts token",
    summary: "make an API token for a program; it is shown this once",
    arguments: ["<account>"],
    options: [
      ["--name <name>", "what it is called (default: as the account)"],
      ["--scope <permission...>", "it is for this alone, like run.start,run.read"],
      queues_option,
      ["--expires <duration>", "for how long it is good, like 90d (default: until it is taken back)"],
      json,
    ],
    examples: ["wf service-accounts token deploy --scope run.start --expires 90d"],
    load: () => import("./commands/service-accounts/token.ts"),
  },
  {
    name: "service-accounts tokens",
    summary: "the API tokens of a program",
    arguments: ["<account>"],
    options: [json],
    examples: ["wf service-accounts tokens deploy"],
    load: () => import("./commands/service-accounts/tokens.ts"),
  },
  {
    name: "service-accounts revoke",
    summary: "take an API token of a program back",
    arguments: ["<account>", "<token>"],
    examples: ["wf service-accounts revoke deploy 0198c0de-…"],
    load: () => import("./commands/service-accounts/revoke.ts"),
  },
  {
    name: "service-accounts delete",
    summary: "end a program's membership and all its tokens",
    arguments: ["<account>"],
    options: [["--yes", "don't ask"]],
    examples: ["wf service-accounts delete deploy"],
    load: () => import("./commands/service-accounts/delete.ts"),
  },
]
