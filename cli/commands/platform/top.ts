import { flag, type Given } from "../../command.ts"
import { connection } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const { client, url } = connection(options, io)
  if (io.takes_keys && !flag(options, "plain") && !flag(options, "json")) {
    // Loaded only here: what shows nothing alive begins in a third of the time.
    const { topLive } = await import("../../top/live.ts")
    return (await topLive({ client, url }, io)) === "left" ? exit_codes.done : exit_codes.interrupted
  }
  const [{ askAll }, { printFacts, printObject }] = await Promise.all([
    import("../../top/facts.ts"),
    import("../../top/snapshot.ts"),
  ])
  const facts = await askAll(client, io.signal)
  if (flag(options, "json")) printObject(facts, io)
  else printFacts(facts, io)
  return exit_codes.done
}
