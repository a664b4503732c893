import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

type Rate = { readonly limit: number; readonly per: "second" | "minute" }

const shape = /^(\d{1,7})\/(second|minute|s|m)$/

/** A number in a time, like 10/second. */
export const readRate = (given: string): Rate => {
  const [, limit, per] = shape.exec(given) ?? []
  if (limit !== undefined && per !== undefined) {
    return { limit: Number(limit), per: per.startsWith("s") ? "second" : "minute" }
  }
  throw new Failure(
    exit_codes.usage,
    `--rate takes a number per time, like 10/second or 600/minute, not \`${given}\`.`,
  )
}
