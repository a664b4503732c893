import { type Options, text } from "./command.ts"

/** The option for it, of commands that make tokens. */
export const queues_option = [
  "--queues <names>",
  "workers with it take from these queues alone, separated by commas (default: all)",
] as const

/** Whether they are names of queues the platform says. */
export const queuesOf = (options: Options): { readonly queues?: readonly string[] } => {
  const named = text(options, "queues")
  return named === undefined ? {} : { queues: named.split(",").map((name) => name.trim()) }
}
