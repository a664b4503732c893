import type { QueueSettings } from "#sdk/index.ts"
import { type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printQueue } from "../../queue-table.ts"
import { readRate } from "../../rate.ts"

const no_limit = "none"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const settings = { ...readConcurrency(options), ...readRateLimit(options) }
  if (Object.keys(settings).length === 0) {
    throw new Failure(exit_codes.usage, "Give `--concurrency`, `--rate` or both; `none` takes a limit away.")
  }
  return printQueue(await connect(options, io).queues.set(name, settings), options, io)
}

const readConcurrency = (options: Options): Pick<QueueSettings, "concurrency"> => {
  const given = text(options, "concurrency")
  if (given === undefined) return {}
  return { concurrency: given === no_limit ? null : (readNumber("--concurrency", given) ?? null) }
}

const readRateLimit = (options: Options): Pick<QueueSettings, "rate_limit"> => {
  const given = text(options, "rate")
  if (given === undefined) return {}
  return { rate_limit: given === no_limit ? null : readRate(given) }
}
