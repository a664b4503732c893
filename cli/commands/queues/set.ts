import type { QueueSettings } from "#sdk/index.ts"
import { type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { readNumber } from "../../duration.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { printQueue } from "../../queue-table.ts"

const no_limit = "none"

export const run = async ({ arguments: [name = ""], options }: Given, io: Io): Promise<number> => {
  const settings = { ...readConcurrency(options), ...readRate(options) }
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

const shape = /^(\d{1,7})\/(second|minute|s|m)$/

const readRate = (options: Options): Pick<QueueSettings, "rate_limit"> => {
  const given = text(options, "rate")
  if (given === undefined) return {}
  if (given === no_limit) return { rate_limit: null }
  const [, limit, per] = shape.exec(given) ?? []
  if (limit === undefined || per === undefined) {
    throw new Failure(
      exit_codes.usage,
      `--rate takes a number per time, like 10/second or 600/minute, not \`${given}\`.`,
    )
  }
  return { rate_limit: { limit: Number(limit), per: per.startsWith("s") ? "second" : "minute" } }
}
