/** What every command takes. */
export const common_options = [
  ["--url <url>", "the platform to talk to"],
  ["--profile <name>", "the profile to use"],
  ["--workspace <slug>", "one of your other workspaces"],
  ["--debug", "show what is asked and answered, without its secrets"],
] as const
