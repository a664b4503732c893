import type { Command } from "./command.ts"

/** What is done for the whole platform, by owners of its first workspace. */
export const adminCommands: readonly Command[] = [
  {
    name: "admin rotate-keys",
    summary: "make the next key that access tokens are signed with; nobody has to sign in anew",
    options: [["--json", "print the API's object"]],
    examples: ["wf admin rotate-keys"],
    load: () => import("./commands/admin/rotate-keys.ts"),
  },
  {
    name: "admin accounts",
    summary: "who is known to the platform, the newest first",
    options: [
      ["--email <address>", "the one with this address"],
      ["--suspended", "those that are kept out"],
      ["--all", "all of them"],
      ["--json", "print the API's objects"],
    ],
    examples: ["wf admin accounts --suspended"],
    load: () => import("./commands/admin/accounts.ts"),
  },
  {
    name: "admin suspend",
    summary: "keep somebody out of the platform, within a second, until they are resumed",
    arguments: ["<account>"],
    options: [
      ["--yes", "don't ask"],
      ["--json", "print the API's object"],
    ],
    examples: ["wf admin suspend ada@example.com"],
    load: () => import("./commands/admin/suspend.ts"),
  },
  {
    name: "admin resume",
    summary: "let somebody in again: they sign in anew, and their API tokens work as before",
    arguments: ["<account>"],
    options: [["--json", "print the API's object"]],
    examples: ["wf admin resume ada@example.com"],
    load: () => import("./commands/admin/resume.ts"),
  },
]
