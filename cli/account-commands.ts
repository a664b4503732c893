import type { Command } from "./command.ts"

const json = ["--json", "print the API's object"] as const

/** Accounts with an address and a password. */
export const accountCommands: readonly Command[] = [
  {
    name: "account register",
    summary: "make an account; the password is asked for, or comes from stdin",
    arguments: ["<address>"],
    options: [["--name <name>", "what others call you (default: what is before the @)"], json],
    examples: ['wf account register ada@example.com --name "Ada Lovelace"'],
    load: () => import("./commands/account/register.ts"),
  },
  {
    name: "account verify",
    summary: "confirm your address with the link of the mail",
    arguments: ["<link>"],
    options: [json],
    examples: ["wf account verify 'https://wf.example.com/account/verify?token=wfl_…'"],
    load: () => import("./commands/account/verify.ts"),
  },
  {
    name: "account forgot",
    summary: "have a link to a new password mailed to you",
    arguments: ["<address>"],
    options: [json],
    examples: ["wf account forgot ada@example.com"],
    load: () => import("./commands/account/forgot.ts"),
  },
  {
    name: "account reset",
    summary: "choose a new password with the link of the mail; it signs you out everywhere",
    arguments: ["<link>"],
    examples: ["wf account reset 'https://wf.example.com/account/reset?token=wfl_…'"],
    load: () => import("./commands/account/reset.ts"),
  },
  {
    name: "account approve",
    summary: "sign in the device that shows this code, as you; only if you have started that yourself",
    arguments: ["<code>"],
    options: [["--refuse", "refuse it"]],
    examples: ["wf account approve BCDF-GHJK"],
    load: () => import("./commands/account/approve.ts"),
  },
]
