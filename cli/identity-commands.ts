import type { Command } from "./command.ts"

const json = ["--json", "print the API's object"] as const

/** Who one is. */
export const identityCommands: readonly Command[] = [
  {
    name: "login",
    summary: "sign in to a platform and remember it as a profile",
    options: [
      ["--device", "by agreeing in a browser, here or elsewhere; on a terminal that is the usual way"],
      ["--email <address>", "with a password, which is asked for, or read from stdin"],
      ["--with-token", "with an API token, read from stdin"],
      ["--sso", "with your browser on this machine, at the platform's identity provider"],
      ["--keychain", "keep the token in the keychain of the system rather than in a file"],
      ["--name <profile>", "the profile's name (default: the host)"],
    ],
    examples: [
      "wf login --url https://wf.example.com",
      "wf login --url https://wf.example.com --with-token < token",
      "wf login --url https://wf.example.com --sso",
    ],
    load: () => import("./commands/identity/login.ts"),
  },
  {
    name: "logout",
    summary: "forget a profile's token",
    examples: ["wf logout"],
    load: () => import("./commands/identity/logout.ts"),
  },
  {
    name: "whoami",
    summary: "who you are, where, and with which role",
    options: [json],
    examples: ["wf whoami"],
    load: () => import("./commands/identity/whoami.ts"),
  },
]
