import type { Command } from "./command.ts"

const json = ["--json", "print the API's object"] as const

export const artifactCommands: readonly Command[] = [
  {
    name: "artifacts list",
    summary: "the files a run has kept",
    arguments: ["<run>"],
    options: [
      ["--task <task>", "of this task and its items"],
      ["--name <pattern>", "of such a name, as `*.csv`"],
      ["--all", "all of them"],
      json,
    ],
    examples: ["wf artifacts list 0198c0de-…", "wf artifacts list 0198c0de-… --name '*.csv'"],
    load: () => import("./commands/artifacts/list.ts"),
  },
  {
    name: "artifacts download",
    summary: "get a file of a run, or all of them",
    arguments: ["<run>", "[name]"],
    options: [
      ["--all", "every file of the run"],
      ["--task <task>", "of this task and its items"],
      ["-o, --output <path>", "where to; `-` is stdout"],
    ],
    examples: [
      "wf artifacts download 0198c0de-… card.txt -o -",
      "wf artifacts download 0198c0de-… --all -o out",
    ],
    load: () => import("./commands/artifacts/download.ts"),
  },
  {
    name: "artifacts upload",
    summary: "add a file to a run, or a folder as an archive",
    arguments: ["<run>", "<path>"],
    options: [["--name <name>", "under this name (default: the file's)"], json],
    examples: ["wf artifacts upload 0198c0de-… report.pdf", "wf artifacts upload 0198c0de-… site/"],
    load: () => import("./commands/artifacts/upload.ts"),
  },
  {
    name: "artifacts presign",
    summary: "make a link by which a file can be had, or brought, without a token",
    arguments: ["<run>", "<name>"],
    options: [
      ["--put <file>", "to bring this file: the link takes it, and nothing else"],
      ["--expires <duration>", "for how long it is good, at most 24h (default: 15m)"],
      json,
    ],
    examples: [
      'curl -O "$(wf artifacts presign 0198c0de-… report.pdf)"',
      "wf artifacts presign 0198c0de-… data.bin --put data.bin --expires 1h --json",
    ],
    load: () => import("./commands/artifacts/presign.ts"),
  },
  {
    name: "artifacts usage",
    summary: "how much the files of the workspace take, and may take",
    options: [json],
    examples: ["wf artifacts usage"],
    load: () => import("./commands/artifacts/usage.ts"),
  },
]
