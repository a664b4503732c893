import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { nearest } from "./help/near.ts"

const names = ["profile", "url", "workspace", "credentials"] as const

export type SettingName = (typeof names)[number]

/** What can be read and set by name. A token is neither: it would stand on a command line, or a screen. */
export const readSettingName = (given: string): SettingName => {
  const name = names.find((one) => one === given)
  if (name) return name
  const near = nearest(given, names)
  const hint = near === undefined ? "" : ` (Did you mean \`${near}\`?)`
  const also = given === "token" ? " A token comes by `wf login --with-token`, from standard input." : ""
  throw new Failure(
    exit_codes.usage,
    `There is no setting \`${given}\`. There are: ${names.join(", ")}.${hint}${also}`,
  )
}
