import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const

/** What there is for workflows and their versions. */
export const workflowCommands: readonly Command[] = [
  {
    name: "workflows list",
    summary: "the workflows of the workspace",
    options: [["--archived", "those that are archived instead"], ["--all", "all of them"], json],
    examples: ["wf workflows list", "wf workflows list --archived"],
    load: () => import("./commands/workflows/list.ts"),
  },
  {
    name: "workflows show",
    summary: "one workflow with its latest version",
    arguments: ["<name>"],
    options: [["--field <path>", "print one value, as `version` or `digest`"], json],
    examples: ["wf workflows show hello"],
    load: () => import("./commands/workflows/show.ts"),
  },
  {
    name: "workflows diff",
    summary: "what changed from one version to another",
    arguments: ["<name>", "[from]", "[to]"],
    options: [json],
    examples: ["wf workflows diff hello", "wf workflows diff hello 1 3"],
    load: () => import("./commands/workflows/diff.ts"),
  },
  {
    name: "workflows archive",
    summary: "start nothing of a workflow any more, and leave it out of lists",
    arguments: ["<name>"],
    options: [json],
    examples: ["wf workflows archive hello"],
    load: () => import("./commands/workflows/archive.ts"),
  },
  {
    name: "workflows restore",
    summary: "bring an archived workflow back",
    arguments: ["<name>"],
    options: [json],
    examples: ["wf workflows restore hello"],
    load: () => import("./commands/workflows/restore.ts"),
  },
  {
    name: "import wfformat",
    summary: "print a recorded workflow (WfFormat) as one of tasks that sleep",
    arguments: ["<file>"],
    options: [
      ["--time-scale <number>", "times the recorded run times (default 1)"],
      ["--name <name>", "what it is called (default: its own name)"],
    ],
    examples: ["wf import wfformat montage.json --time-scale 0.01 > montage.yml"],
    load: () => import("./commands/import/wfformat.ts"),
  },
]
