import type { ChangeSubscription } from "#sdk/index.ts"
import { type Options, text, words } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

const quietOf = (given: string | undefined): Pick<ChangeSubscription, "quiet_hours"> => {
  if (given === undefined) return {}
  if (given === "none") return { quiet_hours: null }
  const [, from, until] = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(given) ?? []
  if (from !== undefined && until !== undefined) return { quiet_hours: { from, until } }
  throw new Failure(exit_codes.usage, `--quiet takes hours like 22:00-07:00, or none, not \`${given}\`.`)
}

const lists = { event: "events", workflow: "workflows", tag: "tags", to: "to" } as const
const texts = { longerThan: "longer_than", digest: "digest", timezone: "timezone" } as const

/** What of a subscription is said on the command line; the platform says what is wrong with it. */
export const readSettings = (options: Options): ChangeSubscription => {
  const many = Object.entries(lists).flatMap(([option, field]) => {
    const given = words(options, option)
    return given.length === 0 ? [] : [[field, given] as const]
  })
  const single = Object.entries(texts).flatMap(([option, field]) => {
    const given = text(options, option)
    return given === undefined ? [] : [[field, given] as const]
  })
  return { ...Object.fromEntries([...many, ...single]), ...quietOf(text(options, "quiet")) }
}
