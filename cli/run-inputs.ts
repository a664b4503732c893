import { existsSync, readFileSync } from "node:fs"
import { parse } from "yaml"
import { parseInputs } from "#language/inputs.ts"
import type { Definition } from "#language/schema.ts"
import { type Options, text, texts } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

type Inputs = Readonly<Record<string, unknown>>

const fromFile = (path: string | undefined): Inputs => {
  if (path === undefined) return {}
  if (!existsSync(path)) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  const value: unknown = parse(readFileSync(path, "utf8"))
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Inputs
  throw new Failure(
    exit_codes.usage,
    `${path} does not hold inputs. It must be a mapping of names to values.`,
  )
}

/** `--inputs FILE` first, then each `-i key=value`, typed as the workflow declares it. */
export const readInputs = (options: Options, declared: Definition["inputs"]): Inputs => {
  const pairs = texts(options, "input")
  const given = parseInputs({ inputs: declared }, pairs)
  if (given.ok) return { ...fromFile(text(options, "inputs")), ...given.values }
  const problems = given.errors
    .map(({ path, message }) => `\n  ${path === "" ? "" : `${path}: `}${message}`)
    .join("")
  throw new Failure(exit_codes.usage, `These inputs don't fit:${problems}\nGive them as \`-i key=value\`.`)
}
