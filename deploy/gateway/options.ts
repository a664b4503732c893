import { parseArgs } from "node:util"
import type { GatewayParts } from "./parts.ts"

/** What is wrong with how the command was called. */
export class UsageError extends Error {}

const options = {
  "tls-certificate": { type: "string" },
  "tls-key": { type: "string" },
  "rpc-tls-certificate": { type: "string" },
  "rpc-tls-key": { type: "string" },
  "rpc-tls-ca": { type: "string" },
  otlp: { type: "string" },
  help: { type: "boolean", default: false },
} as const

type Given = { readonly [name: string]: string | boolean | undefined }

const textOf = (given: Given, name: string): string | undefined => {
  const text = given[name]
  if (text === "") throw new UsageError(`--${name} is empty.`)
  return typeof text === "string" ? text : undefined
}

/** Files that are of use only together: all of them, or undefined. */
const filesOf = <Name extends string>(given: Given, prefix: string, names: readonly Name[]) => {
  const files = names.map((name) => [name, textOf(given, `${prefix}-${name}`)] as const)
  const missing = files.filter(([, file]) => file === undefined)
  if (missing.length === names.length) return undefined
  if (missing.length === 0) return Object.fromEntries(files) as Record<Name, string>
  const told = names.map((name) => `--${prefix}-${name}`).join(", ")
  throw new UsageError(`${told} belong together: give all, or none.`)
}

const urlOf = (given: Given, name: string): string | undefined => {
  const text = textOf(given, name)
  if (text === undefined) return undefined
  const is_url = URL.canParse(text) && ["http:", "https:"].includes(new URL(text).protocol)
  if (!is_url) throw new UsageError(`--${name} must be a URL as http://collector:4318, not ${text}.`)
  return text
}

/** What is asked for; undefined if it is help. */
export const readParts = (words: readonly string[]): GatewayParts | undefined => {
  const given = valuesOf(words)
  if (given.help) return undefined
  const tls = filesOf(given, "tls", ["certificate", "key"])
  const rpc_tls = filesOf(given, "rpc-tls", ["certificate", "key", "ca"])
  const otlp_url = urlOf(given, "otlp")
  return { ...(tls && { tls }), ...(rpc_tls && { rpc_tls }), ...(otlp_url !== undefined && { otlp_url }) }
}

const valuesOf = (words: readonly string[]): Given => {
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
