import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const
const inputs = ["-i, --input <key=value...>", "an input of the run; repeat it for more"] as const

/** What workflows are written with. */
export const authoringCommands: readonly Command[] = [
  {
    name: "init",
    summary: "write a workflow file to begin with",
    arguments: ["[template]"],
    options: [
      ["--list", "the templates that there are"],
      ["--name <name>", "what the workflow is called (default: as its template)"],
      ["-o, --output <file>", "where to (default: NAME.yml); nothing is ever overwritten"],
      json,
    ],
    examples: ["wf init", "wf init pipeline --name nightly", "wf init --list"],
    load: () => import("./commands/workflows/init.ts"),
  },
  {
    name: "push",
    summary: "make a version of each file, unless nothing changed",
    arguments: ["<file...>"],
    options: [
      ["--dry-run", "say what would change, and push nothing"],
      ["--watch", "push again at each save, until Ctrl-C"],
      json,
    ],
    examples: [
      "wf push examples/hello.yml",
      "wf push examples/restock.ts flows/   # a folder: its .yml, .yaml, .ts files",
      "wf push flows/ --dry-run",
      "wf push flows/ --watch",
    ],
    load: () => import("./commands/workflows/push.ts"),
  },
  {
    name: "validate",
    summary: "check workflow files without sending them",
    arguments: ["<file...>"],
    examples: ["wf validate examples/*.yml"],
    load: () => import("./commands/workflows/validate.ts"),
  },
  {
    name: "plan",
    summary: "show what a run of a file would consist of",
    arguments: ["<file>"],
    options: [inputs, ["--json", "print the compiled plan"]],
    examples: ["wf plan examples/hello.yml"],
    load: () => import("./commands/workflows/plan.ts"),
  },
  {
    name: "schema",
    summary: "print the JSON Schema of workflow files, for editors",
    examples: ["wf schema > workflow.schema.json"],
    load: () => import("./commands/workflows/schema.ts"),
  },
]
