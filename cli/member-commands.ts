import type { Command } from "./command.ts"

const json = ["--json", "print the API's objects"] as const
const yes = ["--yes", "don't ask"] as const

/** Where one works, and with whom. */
export const memberCommands: readonly Command[] = [
  {
    name: "workspaces list",
    summary: "the workspaces you are a member of",
    options: [["--all", "all of them"], json],
    examples: ["wf workspaces list"],
    load: () => import("./commands/workspaces/list.ts"),
  },
  {
    name: "workspaces create",
    summary: "make a workspace of your own",
    arguments: ["<name>"],
    options: [["--slug <slug>", "what it is chosen by (default: made of its name)"], json],
    examples: ['wf workspaces create "Data team" --slug data'],
    load: () => import("./commands/workspaces/create.ts"),
  },
  {
    name: "workspaces use",
    summary: "let later commands be about another workspace",
    arguments: ["<slug>"],
    examples: ["wf workspaces use data"],
    load: () => import("./commands/workspaces/use.ts"),
  },
  {
    name: "workspaces rename",
    summary: "call a workspace something else; its slug stays",
    arguments: ["<slug>", "<name>"],
    options: [json],
    examples: ['wf workspaces rename data "Data and reports"'],
    load: () => import("./commands/workspaces/rename.ts"),
  },
  {
    name: "workspaces archive",
    summary: "let a workspace be read only",
    arguments: ["<slug>"],
    options: [yes, json],
    examples: ["wf workspaces archive data"],
    load: () => import("./commands/workspaces/archive.ts"),
  },
  {
    name: "workspaces restore",
    summary: "use an archived workspace again",
    arguments: ["<slug>"],
    options: [json],
    examples: ["wf workspaces restore data"],
    load: () => import("./commands/workspaces/restore.ts"),
  },
  {
    name: "workspaces join",
    summary: "accept an invitation, whose token is given or comes from stdin",
    arguments: ["[token]"],
    options: [json],
    examples: ["wf workspaces join wfi_…", "wf workspaces join < invitation"],
    load: () => import("./commands/workspaces/join.ts"),
  },
  {
    name: "members list",
    summary: "who is in the workspace, and as what",
    options: [["--all", "all of them"], json],
    examples: ["wf members list"],
    load: () => import("./commands/members/list.ts"),
  },
  {
    name: "members invite",
    summary: "invite somebody; the token they join with is shown this once",
    arguments: ["<address>"],
    options: [
      ["--role <role>", "viewer, operator, developer (default), admin or owner; not above your own"],
      ["--expires <duration>", "until when it can be accepted (default 7d, at most 30d)"],
      json,
    ],
    examples: ["wf members invite ada@example.com --role operator --expires 2d"],
    load: () => import("./commands/members/invite.ts"),
  },
  {
    name: "members invites",
    summary: "the invitations that nobody has accepted yet",
    options: [["--all", "all of them"], json],
    examples: ["wf members invites"],
    load: () => import("./commands/members/invites.ts"),
  },
  {
    name: "members revoke",
    summary: "take an invitation back",
    arguments: ["<invite>"],
    examples: ["wf members revoke 0198c0de-…"],
    load: () => import("./commands/members/revoke.ts"),
  },
  {
    name: "members role",
    summary: "give a member another role",
    arguments: ["<member>", "<role>"],
    options: [json],
    examples: ["wf members role ada@example.com admin"],
    load: () => import("./commands/members/role.ts"),
  },
  {
    name: "members remove",
    summary: "end somebody's membership; their tokens for the workspace end with it",
    arguments: ["<member>"],
    options: [yes],
    examples: ["wf members remove ada@example.com"],
    load: () => import("./commands/members/remove.ts"),
  },
  {
    name: "members leave",
    summary: "end your own membership",
    options: [yes],
    examples: ["wf members leave --workspace data"],
    load: () => import("./commands/members/leave.ts"),
  },
]
