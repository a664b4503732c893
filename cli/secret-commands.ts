import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

/** What tasks are given and nobody is shown. */
export const secretCommands: readonly Command[] = [
  {
    name: "secrets list",
    summary: "the names of the workspace's secrets",
    options: [["--all", "all of them"], json],
    examples: ["wf secrets list"],
    load: () => import("./commands/secrets/list.ts"),
  },
  {
    name: "secrets set",
    summary: "set a secret: asked for without showing it, or read from stdin",
    arguments: ["<name>"],
    options: [["--keep-newline", "keep the line break that stdin ends with"], json],
    examples: ["wf secrets set API_TOKEN", "wf secrets set DEPLOY_KEY < id_ed25519"],
    load: () => import("./commands/secrets/set.ts"),
  },
  {
    name: "secrets delete",
    summary: "take a secret away; tasks that need it fail from then on",
    arguments: ["<name>"],
    options: [["--yes", "don't ask"]],
    examples: ["wf secrets delete API_TOKEN"],
    load: () => import("./commands/secrets/delete.ts"),
  },
  {
    name: "secrets rotate-key",
    summary: "encrypt every secret of the workspace anew, under a new key",
    options: [json],
    examples: ["wf secrets rotate-key"],
    load: () => import("./commands/secrets/rotate-key.ts"),
  },
]
