import type { CreateJob } from "#sdk/index.ts"
import { type Options, text } from "./command.ts"
import { readNumber } from "./duration.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { readRate } from "./rate.ts"

type Limits = Pick<CreateJob, "concurrency" | "rate_limit">

const conflicts = ["queue", "cancel_running", "reject"] as const

/** The keys that a new job shares with others. */
export const readLimits = (options: Options): Limits => ({
  ...readConcurrency(options),
  ...readRateKey(options),
})

const readConcurrency = (options: Options): Limits => {
  const key = text(options, "concurrencyKey")
  const limit = readNumber("--concurrency-limit", text(options, "concurrencyLimit"))
  const given = text(options, "onConflict")
  const on_conflict = conflicts.find((conflict) => conflict === given)
  if (given !== undefined && !on_conflict) {
    throw new Failure(exit_codes.usage, `--on-conflict is ${conflicts.join(", ")}, not \`${given}\`.`)
  }
  if (key !== undefined) {
    return {
      concurrency: { key, ...(limit !== undefined && { limit }), ...(on_conflict && { on_conflict }) },
    }
  }
  if (limit === undefined && !on_conflict) return {}
  throw new Failure(
    exit_codes.usage,
    "`--concurrency-limit` and `--on-conflict` go with `--concurrency-key`.",
  )
}

const readRateKey = (options: Options): Limits => {
  const [key, rate] = [text(options, "rateKey"), text(options, "rate")]
  if (key === undefined && rate === undefined) return {}
  if (key !== undefined && rate !== undefined) return { rate_limit: { key, ...readRate(rate) } }
  throw new Failure(exit_codes.usage, "Give `--rate-key` and `--rate` together.")
}
