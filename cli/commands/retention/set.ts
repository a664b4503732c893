import { flag, type Given } from "../../command.ts"
import { confirm } from "../../confirm.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printRetention } from "../../retention-table.ts"

const readDays = (given: string): number | null => {
  if (given === "default") return null
  if (/^[1-9]\d{0,4}$/.test(given)) return Number(given)
  throw new Failure(
    exit_codes.usage,
    `retention set takes a number of days, or \`default\`, not \`${given}\`.`,
  )
}

export const run = async ({ arguments: [given = ""], options }: Given, io: Io): Promise<number> => {
  const days = readDays(given)
  const isOfFiles = flag(options, "artifacts")
  const { history, artifacts } = connect(options, io)
  const { retention, setRetention } = isOfFiles ? artifacts : history
  if (days !== null && days < (await retention()).keep_days) {
    const what = isOfFiles ? "files that were kept" : "logs and attempts of runs that ended"
    await confirm(`remove ${what} more than ${days} days ago`, options, io)
  }
  return printRetention(await setRetention(days), options, io)
}
