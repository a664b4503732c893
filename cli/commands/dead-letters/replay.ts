import { chosenLetters } from "../../chosen.ts"
import { asJson } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

export const run = async (given: Given, io: Io): Promise<number> => {
  const chosen = await chosenLetters(given, "replay", io)
  const { deadLetters } = connect(given.options, io)
  const is_json = flag(given.options, "json")
  if ("id" in chosen) {
    const job = await deadLetters.replay(chosen.id)
    io.out(is_json ? asJson(job) : job.id)
    return exit_codes.done
  }
  let replayed = 0
  for (let more = true; more; ) {
    const page = await deadLetters.replayMany(chosen.many)
    replayed += page.replayed
    more = page.more && page.replayed > 0
  }
  io.out(is_json ? asJson({ replayed }) : String(replayed))
  return exit_codes.done
}
