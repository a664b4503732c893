import type { Client } from "#sdk/index.ts"
import { readSize, runBench } from "../../bench.ts"
import { flag, type Given, type Options, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import { count, type Figure, share, shareOf } from "../../figures.ts"
import type { Io } from "../../io.ts"

/** Of three tries that each fail every other time, one in eight fails for good. */
const flaky = { type: "flaky", payload: { failure_rate: 0.5 }, max_retries: 2 }

const readShare = (options: Options): number => {
  const given = text(options, "flaky")
  if (given === undefined) return 0
  const read = Number(given)
  if (given.trim() !== "" && read >= 0 && read <= 1) return read
  throw new Failure(exit_codes.usage, `--flaky takes a share from 0 to 1, like 0.2, not \`${given}\`.`)
}

/** Dead letters can be told apart from those of the flaky ones only where the rest doesn't fail. */
const readType = (options: Options, part: number): string => {
  const type = text(options, "type") ?? "noop"
  if (part === 0 || type !== flaky.type) return type
  const hint = "`--flaky` makes them itself; or give `--payload '{\"failure_rate\": 0.5}'` in its place."
  throw new Failure(exit_codes.usage, `\`--type flaky\` and \`--flaky\` don't go together. ${hint}`)
}

const readPayload = (options: Options): unknown => {
  const given = text(options, "payload")
  if (given === undefined) return {}
  try {
    return JSON.parse(given)
  } catch {
    throw new Failure(exit_codes.usage, `--payload takes JSON, not \`${given}\`.`)
  }
}

/** Spread evenly, so that it is the same share of whatever was created when it is broken off. */
const flakyAmong = (created: number, part: number): number => Math.floor(created * part)

const outcomeOf =
  (client: Client, queue: string, part: number) =>
  async (created: number, done: number): Promise<readonly Figure[]> => {
    const { dead_letters } = await client.queues.get(queue)
    const figures = [
      count("completed", Math.max(0, done - dead_letters)),
      count("dead_letters", dead_letters),
      share("dead_letter_share", shareOf(dead_letters, created)),
    ]
    if (part === 0) return figures
    const among = flakyAmong(created, part)
    return [...figures, count("flaky", among), share("flaky_dead_letter_share", shareOf(dead_letters, among))]
  }

/** In a queue of their own, so that its counts are theirs. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const size = readSize(options)
  const part = readShare(options)
  const type = readType(options, part)
  const payload = readPayload(options)
  const client = connect(options, io)
  const queue = text(options, "queue") ?? `bench-${crypto.randomUUID().slice(0, 8)}`
  const isFlaky = (index: number) => flakyAmong(index + 1, part) > flakyAmong(index, part)
  return runBench(
    {
      noun: "jobs",
      ...size,
      create: (index) => client.jobs.create({ ...(isFlaky(index) ? flaky : { type, payload }), queue }),
      async left() {
        const { pending, queued, running, retrying } = await client.queues.get(queue)
        return pending + queued + running + retrying
      },
      outcome: outcomeOf(client, queue, part),
    },
    flag(options, "json"),
    io,
  )
}
