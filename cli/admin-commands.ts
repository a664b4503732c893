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
]
