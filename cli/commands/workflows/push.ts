import { type Authored, pushAuthored, readAuthored } from "../../authored.ts"
import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

/** All files are checked before the first is sent. */
export const run = async (given: Given, io: Io): Promise<number> => {
  const read: (readonly Authored[] | undefined)[] = []
  for (const path of given.arguments) read.push(await readAuthored(path, io))
  if (read.includes(undefined)) return exit_codes.usage
  const client = connect(given.options, io)
  for (const one of read.flatMap((some) => some ?? [])) {
    const pushed = await pushAuthored(client, one)
    const outcome = pushed.created ? "created" : "unchanged"
    io.out(
      flag(given.options, "json")
        ? asJson(pushed)
        : `${cleanLine(pushed.workflow)}\t${pushed.version}\t${outcome}`,
    )
  }
  return exit_codes.done
}
