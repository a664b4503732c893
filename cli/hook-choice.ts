import type { Client } from "#sdk/index.ts"
import { cleanLine } from "./clean.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import { hookName } from "./hook-table.ts"

/** A workflow's name is enough where it has one trigger of the kind that is meant. */
export const chosenHook = async ({ hooks }: Client, hook: string, what: "webhook" | "trigger") => {
  const [workflow = "", name] = hook.split("/")
  if (name !== undefined) return { workflow, name }
  const { items } = await hooks.list({ workflow })
  const meant = items.filter(({ type }) => what === "trigger" || type === "webhook")
  const [only] = meant
  if (only && meant.length === 1) return only
  const known = meant.map((one) => cleanLine(hookName(one))).join(", ")
  if (only) throw new Failure(exit_codes.usage, `Say which of its ${what}s: ${known}.`)
  throw new Failure(exit_codes.not_found, `${cleanLine(hook)} has no ${what}. See \`wf hooks list\`.`)
}
