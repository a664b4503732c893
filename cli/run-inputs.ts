import { existsSync, readFileSync } from "node:fs"
import { parse, YAMLError } from "yaml"
import { checkInputs, type InputError, parseInputs } from "#language/inputs.ts"
import type { Definition } from "#language/schema.ts"
import { type Options, text, texts } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"

type Inputs = Readonly<Record<string, unknown>>

const parsed = (path: string): unknown => {
  try {
    return parse(readFileSync(path, "utf8"))
  } catch (error) {
    if (!(error instanceof YAMLError)) throw error
    const [{ line, col } = { line: 1, col: 1 }] = error.linePos ?? []
    const [what] = error.message.split(" at line ")
    throw new Failure(exit_codes.usage, `${path}:${line}:${col}: ${what}.`)
  }
}

const fromFile = (path: string | undefined): Inputs => {
  if (path === undefined) return {}
  if (!existsSync(path)) throw new Failure(exit_codes.not_found, `There is no file ${path}. Check the path.`)
  const value = parsed(path)
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Inputs
  throw new Failure(
    exit_codes.usage,
    `${path} does not hold inputs. It must be a mapping of names to values.`,
  )
}

const refuse = (errors: readonly InputError[]): never => {
  const problems = errors
    .map(({ path, message }) => `\n  ${path === "" ? "" : `${path}: `}${message}`)
    .join("")
  throw new Failure(exit_codes.usage, `These inputs don't fit:${problems}\nGive them as \`-i key=value\`.`)
}

/** Each `-i key=value`, typed as the workflow declares it, for where the others are known already. */
export const readSomeInputs = (options: Options, inputs: Definition["inputs"]): Inputs => {
  const given = parseInputs({ inputs }, texts(options, "input"))
  return given.ok ? given.values : refuse(given.errors)
}

type Reading = { readonly options: Options; readonly inputs: Definition["inputs"]; readonly now: Date }

/** `--inputs FILE` first, then each `-i key=value`, typed and checked as the workflow declares it. */
export const readInputs = ({ options, inputs, now }: Reading): Inputs => {
  const all = { ...fromFile(text(options, "inputs")), ...readSomeInputs(options, inputs) }
  const checked = checkInputs({ inputs }, all, now)
  return checked.ok ? all : refuse(checked.errors)
}
