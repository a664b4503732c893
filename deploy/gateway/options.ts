import { parseArgs } from "node:util"
import type { GatewayParts, KeyPair } from "./parts.ts"

/** What is wrong with how the command was called. */
export class UsageError extends Error {}

const options = {
  "tls-certificate": { type: "string" },
  "tls-key": { type: "string" },
  otlp: { type: "string" },
  help: { type: "boolean", default: false },
} as const

type Given = { readonly [name: string]: string | boolean | undefined }

const textOf = (given: Given, name: string): string | undefined => {
  const text = given[name]
  if (text === "") throw new UsageError(`--${name} is empty.`)
  return typeof text === "string" ? text : undefined
}

const pairOf = (given: Given): KeyPair | undefined => {
  const certificate = textOf(given, "tls-certificate")
  const key = textOf(given, "tls-key")
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined) {
    throw new UsageError("--tls-certificate and --tls-key belong together: give both, or neither.")
  }
  return { certificate, key }
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
  const tls = pairOf(given)
  const otlp_url = urlOf(given, "otlp")
  return { ...(tls && { tls }), ...(otlp_url !== undefined && { otlp_url }) }
}

const valuesOf = (words: readonly string[]): Given => {
  try {
    return parseArgs({ args: [...words], options }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
