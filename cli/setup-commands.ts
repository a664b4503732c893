import type { Command } from "./command.ts"

const json = ["--json", "print it as JSON"] as const

const config: readonly Command[] = [
  {
    name: "config list",
    summary: "what holds for commands here, and who says so",
    options: [json],
    examples: ["wf config list", "wf config list --profile local"],
    load: () => import("./commands/config/list.ts"),
  },
  {
    name: "config get",
    summary: "one of these: profile, url, workspace or credentials",
    arguments: ["<setting>"],
    examples: ["wf config get url"],
    load: () => import("./commands/config/get.ts"),
  },
  {
    name: "config set",
    summary: "choose a workspace, a profile, or where tokens are kept",
    arguments: ["<setting>", "<value>"],
    examples: ["wf config set workspace data", "wf config set credentials keychain"],
    load: () => import("./commands/config/set.ts"),
  },
  {
    name: "config path",
    summary: "the file that profiles are kept in",
    examples: ["wf config path"],
    load: () => import("./commands/config/path.ts"),
  },
  {
    name: "config profiles",
    summary: "the platforms that are remembered",
    options: [json],
    examples: ["wf config profiles"],
    load: () => import("./commands/config/profiles.ts"),
  },
  {
    name: "config use",
    summary: "let later commands talk to another platform",
    arguments: ["<profile>"],
    examples: ["wf config use local"],
    load: () => import("./commands/config/use.ts"),
  },
  {
    name: "config remove",
    summary: "forget a platform, with its token",
    arguments: ["<profile>"],
    examples: ["wf config remove wf.example.com"],
    load: () => import("./commands/config/remove.ts"),
  },
]

/** What there is for this client itself. */
export const setupCommands: readonly Command[] = [
  ...config,
  {
    name: "open",
    summary: "open the reference of the platform's API in a browser",
    examples: ["wf open", 'curl --silent "$(wf open)"'],
    load: () => import("./commands/platform/open.ts"),
  },
  {
    name: "doctor",
    summary: "find out what is wrong with a set-up, and what to do",
    options: [["--data <dir>", "the data folder of a `wf up` (default ./.wf)"], json],
    examples: ["wf doctor", "wf doctor --profile local --json"],
    load: () => import("./commands/doctor/check.ts"),
  },
  {
    name: "completion",
    summary: "print what lets TAB complete commands, options and names",
    arguments: ["[shell]"],
    examples: ['eval "$(wf completion bash)"', "wf completion fish | source"],
    load: () => import("./commands/completion/print.ts"),
  },
  {
    name: "help",
    summary: "a page about a topic, or the help of a command",
    arguments: ["[topic...]"],
    examples: ["wf help", "wf help exit-codes", "wf help runs list"],
    load: () => import("./commands/help/show.ts"),
  },
]
