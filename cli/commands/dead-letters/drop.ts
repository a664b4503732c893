import { chosenLetters } from "../../chosen.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const chosen = await chosenLetters(given, "drop", io)
  const { deadLetters } = connect(given.options, io)
  if ("id" in chosen) {
    await deadLetters.drop(chosen.id)
    io.note("Dropped. Its job can still be seen with `wf jobs show`.")
    return exit_codes.done
  }
  let dropped = 0
  for (let more = true; more; ) {
    const page = await deadLetters.dropMany(chosen.many)
    dropped += page.dropped
    more = page.more && page.dropped > 0
  }
  io.out(flag(given.options, "json") ? asJson({ dropped }) : String(dropped))
  return exit_codes.done
}
